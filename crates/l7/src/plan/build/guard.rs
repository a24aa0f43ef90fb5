//! What is asked of requests, compiled.

use crate::guard::{
    Access, AuthRequest, Basic, Check, FirstMatch, Guard, KeySource, Requirement, Rule, Token, earlier,
};
use crate::plan::Build;
use admission::AddressTable;
use model::Who;
use protocol::Method;

impl Build<'_> {
    /// What a place asks; `None`: nothing.
    pub fn guard(&mut self, section: &model::Section) -> Option<Box<Guard>> {
        let guard = Guard {
            client_address: section.client_address.as_ref().map(|rule| self.client_address(rule)),
            rates: section.rates.as_ref().map(|rates| self.rates(rates)),
            counts: section.counts.as_ref().map(|counts| self.counts(counts)),
            access: section.access.as_ref().map(|access| self.access(access)),
            told: self.told(section),
        };
        (!guard.is_empty()).then(|| Box::new(guard))
    }

    fn access(&mut self, access: &model::Access) -> Access {
        let checks = access.checks.iter().filter_map(|check| self.check(check)).collect();
        Access { checks, satisfy: access.satisfy, delay: access.delay }
    }

    fn check(&mut self, check: &model::Check) -> Option<Check> {
        Some(match check {
            model::Check::Require { requirement, user } => {
                Check::Require(self.requirement(requirement)?, user.as_ref().map(|users| self.basic(users)))
            }
            model::Check::Request(request) => Check::Request(self.auth_request(request)),
            model::Check::Basic(users) => Check::Basic(self.basic(users)),
            model::Check::Token(tokens) => Check::Token(Box::new(self.token(tokens))),
        })
    }

    fn basic(&mut self, users: &model::BasicUsers) -> Basic {
        Basic {
            realm: self.template(&users.realm),
            file: self.template(&users.file),
            directory: users.directory.clone(),
            certificates: users.certificates,
        }
    }

    fn token(&mut self, tokens: &model::Tokens) -> Token {
        let key = |source: &model::KeySource| match source {
            model::KeySource::File(file) => KeySource::File(self.template(file)),
            model::KeySource::Request(place) => KeySource::Request(self.template(place)),
        };
        let keys = tokens.keys.iter().map(key).collect();
        let mut required = |requirement: &model::TokenRequirement| {
            (requirement.values.iter().map(|value| self.template(value)).collect(), requirement.status)
        };
        Token {
            keys,
            requirements: tokens.requirements.iter().map(&mut required).collect(),
            realm: self.template(&tokens.realm),
            place: tokens.token.as_ref().map(|token| self.template(token)),
            directory: tokens.directory.clone(),
            keep_keys: tokens.keep_keys,
            leeway: tokens.leeway,
        }
    }

    fn auth_request(&mut self, request: &model::AuthRequest) -> AuthRequest {
        let set = request.set.iter().filter_map(|(variable, value)| {
            let place = self.set_place(variable, value.origin)?;
            Some((place, self.template(value)))
        });
        let set = set.collect();
        AuthRequest { path: self.template(&request.path), set }
    }

    fn requirement(&mut self, requirement: &model::Requirement) -> Option<Requirement> {
        Some(match requirement {
            model::Requirement::AllOf(parts) => Requirement::AllOf(self.requirements(parts)?),
            model::Requirement::AnyOf(parts) => Requirement::AnyOf(self.requirements(parts)?),
            model::Requirement::NoneOf(parts) => Requirement::NoneOf(self.requirements(parts)?),
            model::Requirement::FirstMatch { rules, otherwise } => {
                let rules = rules.iter().map(|rule| (&rule.who, rule.grant));
                Requirement::FirstMatch(self.first_match(rules, *otherwise)?)
            }
            model::Requirement::Client(who) => {
                let rules = who.iter().map(|who| (who, true));
                Requirement::FirstMatch(self.first_match(rules, model::Verdict::Denied)?)
            }
            model::Requirement::Condition(condition) => Requirement::Condition(self.condition(condition)?),
            model::Requirement::Method(methods) => {
                Requirement::Method(methods.iter().map(|method| Method::new(method.as_bytes())).collect())
            }
            model::Requirement::ForMethods { methods, others, requirement, otherwise } => Requirement::ForMethods {
                methods: methods.iter().map(|method| Method::new(method.as_bytes())).collect(),
                others: *others,
                requirement: Box::new(self.requirement(requirement)?),
                otherwise: (*otherwise).into(),
            },
            model::Requirement::User(names) => Requirement::User(bytes(names)),
            model::Requirement::Group { file, names } => Requirement::Group(file.as_path().into(), bytes(names)),
            model::Requirement::Always(verdict) => Requirement::Always((*verdict).into()),
        })
    }

    fn requirements(&mut self, parts: &[model::Requirement]) -> Option<Vec<Requirement>> {
        parts.iter().map(|part| self.requirement(part)).collect()
    }

    /// Clients about whose connections all is written; `None`: nobody.
    pub(super) fn watched_clients(&mut self) -> Option<FirstMatch> {
        let clients = &self.model.process.watched_clients;
        if clients.is_empty() {
            return None;
        }
        self.first_match(clients.iter().map(|who| (who, true)), model::Verdict::Denied)
    }

    /// Whom the first rule that is for a client lets in.
    pub(super) fn first_match<'r>(
        &mut self,
        rules: impl Iterator<Item = (&'r Who, bool)>,
        otherwise: model::Verdict,
    ) -> Option<FirstMatch> {
        let (mut networks, mut conditions) = (Vec::new(), Vec::new());
        let (mut everyone, mut unix) = (None, None);
        for (number, (who, grant)) in (0..).zip(rules) {
            let rule = Rule { number, grant };
            match who {
                Who::Everyone => everyone = earlier(everyone, Some(rule)),
                Who::Unix => unix = earlier(unix, Some(rule)),
                Who::Network(network) => networks.push((*network, rule)),
                Who::Condition(condition) => conditions.push((rule, self.condition(condition)?)),
            }
        }
        let networks = AddressTable::new(networks, Rule::min);
        Some(FirstMatch { networks, everyone, unix, conditions, otherwise: otherwise.into() })
    }
}

fn bytes(names: &[String]) -> Vec<Box<[u8]>> {
    names.iter().map(|name| name.as_bytes().into()).collect()
}
