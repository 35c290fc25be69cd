//! What the user settles beside the two licences: how the work reaches people, and which licences
//! are welcome.

use super::expression::Node;
use super::{LicenseExpression, Precision};

/// How the work reaches people. The strictest is the default: what nobody said is not assumed in
/// our favour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Distribution {
    /// Nobody outside of the organisation gets or uses it.
    Internal,
    /// Others use it over a network and get no copy of it.
    Service,
    /// Others get it in compiled form.
    Binary,
    /// Others get its source.
    #[default]
    Source,
}

impl Distribution {
    /// Every way under the name it is written with.
    pub(crate) const NAMED: [(&'static str, Distribution); 4] = [
        ("internal", Distribution::Internal),
        ("service", Distribution::Service),
        ("binary", Distribution::Binary),
        ("source", Distribution::Source),
    ];

    /// The way of that name.
    pub(crate) fn from_name(name: &str) -> Option<Distribution> {
        Distribution::NAMED.iter().find(|(known, _)| *known == name).map(|&(_, way)| way)
    }

    /// The name it is written with.
    pub(crate) fn name(self) -> &'static str {
        let named = Distribution::NAMED.iter().find(|(_, way)| *way == self);
        named.map_or("", |(name, _)| name)
    }
}

/// Licences that the user welcomes, refuses, or wants to look at. They are rules for code to come
/// too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lists {
    /// Settles what the matrix leaves open; where it is not empty, what is on no list wants a look.
    pub allow: Vec<ListedLicense>,
    /// Refused, whatever the matrix says.
    pub deny: Vec<ListedLicense>,
    /// Wants a look, unless it is refused anyway.
    pub review: Vec<ListedLicense>,
    /// Settles nothing; where it is not empty, what is not on it wants a look.
    pub within: Vec<ListedLicense>,
}

/// The lists by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum List {
    /// `allow`.
    Allow,
    /// `deny`.
    Deny,
    /// `review`.
    Review,
    /// None of them, though there is an `allow`.
    None,
}

/// One licence of a list, in today's spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListedLicense(String);

/// All that is settled beside the two licences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// How the work reaches people.
    pub(crate) distribution: Distribution,
    /// Which licences are welcome.
    pub(crate) lists: Lists,
}

impl ListedLicense {
    /// Reads one licence without operators; exceptions may not be listed, since none excuses a
    /// copy.
    ///
    /// # Errors
    /// What is wrong with the text, in words.
    pub(crate) fn parse(text: &str) -> Result<ListedLicense, String> {
        let (expression, precision) =
            LicenseExpression::parse(text).map_err(|error| error.to_string())?;
        match expression.node() {
            Node::One(_) if precision == Precision::Imprecise => Err(format!(
                "`{text}` does not say whether later versions count; list `{expression}` or `{}`, or both",
                expression.as_str().replace("-only", "-or-later")
            )),
            Node::One(atom) if atom.exception.is_none() => Ok(ListedLicense(atom.license())),
            _ => Err(format!("`{text}` is more than one licence")),
        }
    }

    /// The licence.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Lists {
    /// The list that decides on a licence. What is refused is refused even if it is on another list
    /// too.
    pub(super) fn deciding_list(&self, license: &str) -> Option<List> {
        let holds = |list: &[ListedLicense]| list.iter().any(|listed| listed.0 == license);
        if holds(&self.deny) {
            Some(List::Deny)
        } else if holds(&self.review) {
            Some(List::Review)
        } else if !self.within.is_empty() && !holds(&self.within) {
            Some(List::None)
        } else if holds(&self.allow) {
            Some(List::Allow)
        } else if !self.allow.is_empty() {
            Some(List::None)
        } else {
            None
        }
    }
}
