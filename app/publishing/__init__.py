"""What was made -> a repository on the Hub: what is sent, what is searched for before, and the sending.

May import all of the project; nothing but `app.commands` imports it.
"""
