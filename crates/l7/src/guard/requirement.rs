//! What must be so for a request to come in: a tree whose leaves look at the request.

use crate::exchange::Exchange;
use crate::place::covers;
use crate::script::Condition;
use admission::AddressTable;
use protocol::Method;
use std::path::Path;
use transport::Address;

/// What must be so.
pub enum Requirement {
    /// Every part that has something to say says yes.
    AllOf(Vec<Self>),
    /// Some part says yes.
    AnyOf(Vec<Self>),
    /// A yes of some part is a no.
    NoneOf(Vec<Self>),
    /// The first rule that fits decides.
    FirstMatch(FirstMatch),
    /// The condition holds.
    Condition(Condition),
    /// The method is one of these.
    Method(Vec<Method>),
    /// What is asked of requests with some methods.
    ForMethods {
        /// The methods.
        methods: Vec<Method>,
        /// It is asked of requests with any other method.
        others: bool,
        /// What is asked.
        requirement: Box<Self>,
        /// What holds for the rest.
        otherwise: Verdict,
    },
    /// The client proved to be a user, one of these if there are any.
    User(Vec<Box<[u8]>>),
    /// The client proved to be a user of one of these groups.
    Group(Box<Path>, Vec<Box<[u8]>>),
    /// Always the same.
    Always(Verdict),
}

/// What a requirement says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Yes.
    Granted,
    /// No.
    Denied,
    /// No, but a user might change that.
    DeniedWithoutUser,
    /// Nothing.
    Neutral,
}

impl From<model::Verdict> for Verdict {
    fn from(verdict: model::Verdict) -> Self {
        match verdict {
            model::Verdict::Granted => Self::Granted,
            model::Verdict::Denied => Self::Denied,
            model::Verdict::Neutral => Self::Neutral,
        }
    }
}

/// A rule, by its number in the order in which rules are looked at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Rule {
    /// Its number.
    pub number: u32,
    /// Whether those it is for may come in.
    pub grant: bool,
}

/// Rules of which the first that fits decides.
pub struct FirstMatch {
    /// Rules for networks: for each address the first.
    pub networks: AddressTable<Rule>,
    /// The first rule for everyone.
    pub everyone: Option<Rule>,
    /// The first rule for clients of Unix-domain sockets.
    pub unix: Option<Rule>,
    /// Rules with conditions, in order.
    pub conditions: Vec<(Rule, Condition)>,
    /// What holds if none fits.
    pub otherwise: Verdict,
}

impl FirstMatch {
    /// The first rule that is for an address, conditions aside.
    pub fn for_address(&self, address: &Address) -> Option<Rule> {
        let by_address = match address.inet() {
            Some(address) => self.networks.find(address.ip()),
            None => self.unix,
        };
        earlier(by_address, self.everyone)
    }
}

impl Exchange<'_> {
    /// What a requirement says of the request.
    pub(super) async fn verdict(&self, requirement: &Requirement) -> Verdict {
        match requirement {
            Requirement::FirstMatch(rules) => self.first_match(rules).await,
            Requirement::AllOf(parts) => Box::pin(self.all_of(parts)).await,
            Requirement::AnyOf(parts) => Box::pin(self.any_of(parts)).await,
            Requirement::NoneOf(parts) => match Box::pin(self.any_of(parts)).await {
                Verdict::Granted => Verdict::Denied,
                Verdict::Denied | Verdict::DeniedWithoutUser | Verdict::Neutral => Verdict::Neutral,
            },
            Requirement::Condition(condition) => granted(self.holds(condition).await),
            Requirement::Method(methods) => granted(methods.iter().any(|method| covers(method, &self.request.method))),
            Requirement::ForMethods { methods, others, requirement, otherwise } => {
                let named = methods.iter().any(|method| covers(method, &self.request.method));
                if named == *others { *otherwise } else { Box::pin(self.verdict(requirement)).await }
            }
            Requirement::User(names) => match self.user() {
                Some(user) => granted(names.is_empty() || names.iter().any(|name| **name == *user)),
                None => Verdict::DeniedWithoutUser,
            },
            Requirement::Group(file, names) => match self.user() {
                Some(user) => granted(Box::pin(self.is_member(user, file, names)).await),
                None => Verdict::DeniedWithoutUser,
            },
            Requirement::Always(verdict) => *verdict,
        }
    }

    async fn all_of(&self, parts: &[Requirement]) -> Verdict {
        let mut all = Verdict::Neutral;
        for part in parts {
            match (self.verdict(part).await, all) {
                (Verdict::Denied, _) => return Verdict::Denied,
                (Verdict::DeniedWithoutUser, _) => all = Verdict::DeniedWithoutUser,
                (Verdict::Granted, Verdict::Neutral) => all = Verdict::Granted,
                (Verdict::Granted | Verdict::Neutral, _) => {}
            }
        }
        all
    }

    async fn any_of(&self, parts: &[Requirement]) -> Verdict {
        let mut any = Verdict::Neutral;
        for part in parts {
            match (self.verdict(part).await, any) {
                (Verdict::Granted, _) => return Verdict::Granted,
                (Verdict::DeniedWithoutUser, _) => any = Verdict::DeniedWithoutUser,
                (Verdict::Denied, Verdict::Neutral) => any = Verdict::Denied,
                (Verdict::Denied | Verdict::Neutral, _) => {}
            }
        }
        any
    }

    /// Whether a user is named in one of the groups' lines.
    async fn is_member(&self, user: &[u8], file: &Path, names: &[Box<[u8]>]) -> bool {
        let Ok(groups) = self.worker.shared.users.file(file).await else {
            self.log_error(|| format!("the file of groups \"{}\" cannot be read", file.display()));
            return false;
        };
        let mut lines = names.iter().filter_map(|name| groups.line(name));
        lines.any(|line| line.split(u8::is_ascii_whitespace).any(|member| member == user))
    }

    /// Whether rules let the client in.
    pub async fn is_granted(&self, rules: &FirstMatch) -> bool {
        matches!(self.first_match(rules).await, Verdict::Granted)
    }

    async fn first_match(&self, rules: &FirstMatch) -> Verdict {
        let mut first = rules.for_address(self.client_address());
        for (rule, condition) in &rules.conditions {
            if first.is_some_and(|first| first < *rule) {
                break;
            }
            if self.holds(condition).await {
                first = Some(*rule);
                break;
            }
        }
        match first {
            Some(rule) if rule.grant => Verdict::Granted,
            Some(_) => Verdict::Denied,
            None => rules.otherwise,
        }
    }
}

/// The one of two rules that is looked at first.
pub fn earlier(one: Option<Rule>, other: Option<Rule>) -> Option<Rule> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

fn granted(yes: bool) -> Verdict {
    if yes { Verdict::Granted } else { Verdict::Denied }
}
