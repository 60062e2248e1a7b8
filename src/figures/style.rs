//! How a figure is set: its width, letters and colours.

use super::figure::Role;
use plotters::style::RGBColor;

/// Points in a centimetre.
const POINTS_IN_CM: f64 = 72.0 / 2.54;
/// Width of a panel on a screen, in pixels.
const PANEL: f64 = 620.0;
/// The narrowest panel that stands beside another, in sizes of letters.
const NARROWEST: f64 = 24.0;
/// Letters on a screen, in pixels.
pub(super) const LETTERS: f64 = 12.0;

/// What surrounds a figure.
///
/// ```
/// use rtrl_lab::figures::{Figure, Style, Theme};
/// # let (id, caption, title, panels) = ("a".into(), String::new(), "A".into(), vec![]);
/// let figure = Figure { id, title, caption, panels };
/// let dark = Style { theme: Theme::Dark, ..Style::default() };
/// let [dark, light] = [dark, Style::default()].map(|style| figure.svg(&style).unwrap());
/// assert!(dark.contains("#16181D") && !light.contains("#16181D"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark marks on white.
    Light,
    /// Light marks on a dark ground.
    Dark,
    /// Colours that the page around it sets by its style sheet, on the ground of that page.
    Page,
}

/// How wide a figure is.
///
/// ```
/// use rtrl_lab::figures::{Style, Width};
/// assert_eq!(Style::default().width, Width::Screen);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Width {
    /// 620 pixels a column of panels.
    Screen,
    /// So many pixels.
    Pixels(f64),
    /// So many centimetres of paper; letters are in points.
    Centimetres(f64),
}

/// How a figure is set.
///
/// ```
/// use rtrl_lab::figures::{Figure, Style, Width};
/// # let (id, caption, panels) = ("a".into(), String::new(), vec![]);
/// let figure = Figure { id, title: "Is it so?".into(), caption, panels };
/// let width = Width::Centimetres(8.5);
/// let column = Style { width, font: 8.0, title: false, ..Style::default() };
/// let svg = figure.svg(&column).unwrap();
/// assert!(svg.contains("width=\"8.5cm\"") && !svg.contains(">\nIs it so?\n<"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    /// Width of the figure.
    pub width: Width,
    /// Columns of panels; without a number two where there are several panels and they find room,
    /// else one.
    pub columns: Option<usize>,
    /// Size of the letters: points where the width is in centimetres, else pixels.
    pub font: f64,
    /// Whether the question stands above the panels.
    pub title: bool,
    /// Whether a legend stands below them.
    pub legend: bool,
    /// Colours.
    pub theme: Theme,
}

impl Default for Style {
    fn default() -> Self {
        Style { width: Width::Screen, columns: None, font: LETTERS, title: true, legend: true, theme: Theme::Light }
    }
}

impl Style {
    /// Columns of a figure of so many panels.
    pub(super) fn columns_of(&self, panels: usize) -> usize {
        let given = match self.width {
            Width::Screen => None,
            Width::Pixels(width) => Some(width),
            Width::Centimetres(cm) => Some(cm * POINTS_IN_CM),
        };
        let narrow = given.is_some_and(|width| width < 2.0 * NARROWEST * self.font);
        self.columns.unwrap_or(if narrow { 1 } else { 2 }).clamp(1, panels.max(1))
    }

    /// Width in points, or in pixels.
    pub(super) fn width(&self, panels: usize) -> f64 {
        match self.width {
            Width::Screen => self.columns_of(panels) as f64 * PANEL,
            Width::Pixels(pixels) => pixels,
            Width::Centimetres(cm) => cm * POINTS_IN_CM,
        }
    }
}

/// The colours of one ground. On white they are Okabe and Ito's where those have a contrast of
/// three to one, and darker ones where they have not; on the dark ground lighter ones.
pub(super) struct Palette {
    pub ground: RGBColor,
    pub ink: RGBColor,
    roles: [RGBColor; 4],
    rivals: [RGBColor; RIVALS],
}

/// Rivals that are told apart.
const RIVALS: usize = 6;

pub(super) const LIGHT: Palette = Palette {
    ground: RGBColor(255, 255, 255),
    ink: RGBColor(0, 0, 0),
    roles: [RGBColor(0, 114, 178), RGBColor(213, 94, 0), RGBColor(0, 140, 100), RGBColor(185, 90, 145)],
    rivals: [
        RGBColor(178, 114, 0),
        RGBColor(111, 91, 214),
        RGBColor(136, 34, 85),
        RGBColor(107, 122, 0),
        RGBColor(17, 122, 139),
        RGBColor(110, 110, 110),
    ],
};

pub(super) const DARK: Palette = Palette {
    ground: RGBColor(22, 24, 29),
    ink: RGBColor(238, 238, 238),
    roles: [RGBColor(86, 180, 233), RGBColor(255, 138, 61), RGBColor(47, 200, 151), RGBColor(227, 155, 196)],
    rivals: [
        RGBColor(230, 159, 0),
        RGBColor(169, 155, 255),
        RGBColor(229, 110, 150),
        RGBColor(194, 204, 74),
        RGBColor(64, 180, 160),
        RGBColor(170, 170, 170),
    ],
};

impl Palette {
    /// The colour of a role.
    pub(super) fn of(&self, role: Role) -> RGBColor {
        match role {
            Role::Measured => self.roles[0],
            Role::Predicted => self.roles[1],
            Role::Certified => self.roles[2],
            Role::Exact => self.ink,
            Role::Margin => self.roles[3],
            Role::Rival(n) => self.rivals[usize::from(n) % RIVALS],
        }
    }

    /// Every colour that is drawn on the ground, with the name of its variable on a page.
    pub(super) fn named(&self) -> Vec<(String, RGBColor)> {
        let ink = [("ink".to_string(), self.ink)].into_iter();
        let roles = ["measured", "predicted", "certified", "margin"].map(String::from).into_iter().zip(self.roles);
        ink.chain(roles).chain(self.rivals.into_iter().enumerate().map(|(n, rival)| (format!("rival-{n}"), rival))).collect()
    }
}

/// The colours of a figure on a page as variables of a style sheet, for a light or a dark ground.
///
/// ```
/// use rtrl_lab::figures::{Theme, page_colours};
/// assert!(page_colours(Theme::Light).starts_with("--fig-ink:#000000;--fig-measured:#0072B2;"));
/// ```
pub fn page_colours(theme: Theme) -> String {
    let palette = if theme == Theme::Dark { &DARK } else { &LIGHT };
    palette.named().into_iter().map(|(name, colour)| format!("--fig-{name}:{};", hexadecimal(colour))).collect()
}

/// A colour as the drawing library writes it.
pub(super) fn hexadecimal(RGBColor(r, g, b): RGBColor) -> String {
    format!("#{r:02X}{g:02X}{b:02X}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance of the Web Content Accessibility Guidelines.
    fn luminance(RGBColor(r, g, b): RGBColor) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.03928 { c / 12.92 } else { libm::pow((c + 0.055) / 1.055, 2.4) }
        };
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    }

    fn contrast(a: RGBColor, b: RGBColor) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_colour_stands_out_from_its_ground_three_to_one() {
        for palette in [&LIGHT, &DARK] {
            for (name, colour) in palette.named() {
                let ratio = contrast(colour, palette.ground);
                assert!(ratio >= 3.0, "{name}: {ratio:.2}");
            }
        }
    }

    #[test]
    fn no_two_roles_have_one_colour() {
        for palette in [&LIGHT, &DARK] {
            let mut colours: Vec<String> = palette.named().into_iter().map(|(_, colour)| hexadecimal(colour)).collect();
            let count = colours.len();
            colours.sort();
            colours.dedup();
            assert_eq!(colours.len(), count);
        }
    }
}
