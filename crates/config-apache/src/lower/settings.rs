//! Settings of a server, which a virtual host has from the main server where it says nothing itself.

/// What a virtual host has from the main server.
pub(crate) trait Inherit {
    /// Takes over what is not said here.
    fn inherit(&mut self, base: &Self);
}

impl<T: Clone> Inherit for Option<T> {
    fn inherit(&mut self, base: &Self) {
        if self.is_none() {
            self.clone_from(base);
        }
    }
}

/// Items of the main server come before those of the host.
impl<T: Clone> Inherit for Vec<T> {
    fn inherit(&mut self, base: &Self) {
        let own = std::mem::replace(self, base.clone());
        self.extend(own);
    }
}

/// Settings that are inherited one by one.
macro_rules! settings {
    ($(#[$doc:meta])* struct $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default)]
        pub(crate) struct $name {
            $($(#[$field_doc])* pub(crate) $field: $kind,)*
        }

        impl $crate::lower::Inherit for $name {
            fn inherit(&mut self, base: &Self) {
                $($crate::lower::Inherit::inherit(&mut self.$field, &base.$field);)*
            }
        }
    };
}
pub(crate) use settings;
