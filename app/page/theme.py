"""How the page looks, light and dark: Gradio's theme in the ink of the report's figures, and its own style sheet.

Fonts are the reader's own, so that nothing is fetched from elsewhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from evaluation.figures.style import Look


if TYPE_CHECKING:
    from gradio.themes import Base

HERE = Path(__file__).parent
STYLE = HERE / "page.css"
SCRIPT = HERE / "page.js"
SANS = ["ui-sans-serif", "system-ui", "sans-serif"]
MONO = ["ui-monospace", "monospace"]
RAISED = ("#f7f6f3", "#1b2027")
FIELD = ("#ffffff", "#0f1318")
BORDER = ("#8a93a0", "#6b7683")
"""Of fields and buttons, light and dark; 3:1 against what they stand on."""
WARM = ("#9c4a0c", "#f0a35e")
"""What is amiss; darker than the figures' by day, since it is read in small type."""
ON_ACCENT = ("#ffffff", "#0c1013")


def theme() -> Base:
    """Gradio's base theme in the page's colours."""
    import gradio

    light, dark = Look(), Look(dark=True)
    colours = {
        "body_background_fill": (light.page, dark.page),
        "body_text_color": (light.ink, dark.ink),
        "body_text_color_subdued": ("#525b66", "#aeb6bf"),
        "background_fill_primary": (light.page, dark.page),
        "background_fill_secondary": RAISED,
        "block_background_fill": RAISED,
        "block_border_color": (light.rule, dark.rule),
        "block_label_background_fill": RAISED,
        "block_label_text_color": (light.ink, dark.ink),
        "block_label_border_color": (light.rule, dark.rule),
        "block_title_text_color": (light.ink, dark.ink),
        "block_info_text_color": ("#525b66", "#aeb6bf"),
        "border_color_primary": (light.rule, dark.rule),
        "border_color_accent": (light.accent, dark.accent),
        "color_accent": (light.accent, dark.accent),
        "color_accent_soft": ("#e3eef7", "#1d2c3a"),
        "input_background_fill": FIELD,
        "input_border_color": BORDER,
        "input_border_color_focus": (light.accent, dark.accent),
        "input_placeholder_color": ("#5d6672", "#98a1ab"),
        "link_text_color": (light.accent, dark.accent),
        "slider_color": (light.accent, dark.accent),
        "loader_color": (light.accent, dark.accent),
        "button_primary_background_fill": (light.accent, dark.accent),
        "button_primary_background_fill_hover": ("#094f88", "#8ec6f6"),
        "button_primary_text_color": ON_ACCENT,
        "button_secondary_background_fill": FIELD,
        "button_secondary_background_fill_hover": ("#eceae5", "#232a33"),
        "button_secondary_text_color": (light.ink, dark.ink),
        "button_secondary_border_color": BORDER,
    }
    settings = {}
    for name, (by_day, by_night) in colours.items():
        settings[name] = by_day
        if name != "color_accent":
            settings[f"{name}_dark"] = by_night
    base = gradio.themes.Base(
        primary_hue="blue", neutral_hue="slate", font=SANS, font_mono=MONO, radius_size="md", text_size="md"
    )
    return base.set(
        **settings,
        block_label_text_weight="600",
        block_title_text_weight="600",
        button_border_width="1px",
        input_border_width="1px",
        block_border_width="1px",
        block_shadow="none",
    )


def style_sheet() -> str:
    """page.css, with the colours that it names by `--page-…` for both themes."""
    rules = []
    for night, selector in enumerate((":root", ".dark")):
        look = Look(dark=bool(night))
        named = {"ink": look.ink, "rule": look.rule, "accent": look.accent}
        named |= {"warm": WARM[night], "raised": RAISED[night]}
        rules.append(f"{selector} {{ {' '.join(f'--page-{name}: {value};' for name, value in named.items())} }}")
    return "\n".join([*rules, STYLE.read_text(encoding="utf-8")])


def script() -> str:
    """page.js, which runs when the page has loaded."""
    return SCRIPT.read_text(encoding="utf-8")
