//! The rows that the modules have in common, under each one's name.

use crate::table::Row;

/// The rows of directives that begin with `$prefix`, sorted; `$settings` is what a level says by them.
macro_rules! shared_rows {
    ($prefix:literal, $settings:ident, $schemes:expr) => {
        [
            row(concat!($prefix, "_bind"), LEVELS, between(1, 2), |_, v, d| {
                proxy::bind(&mut v.$settings.proxy.shared.bind, d)
            }),
            row(concat!($prefix, "_buffer_size"), LEVELS, take(1), |_, v, d| {
                v.$settings.proxy.shared.buffer_size.size(d)
            }),
            row(concat!($prefix, "_buffering"), LEVELS, take(1), |_, v, d| v.$settings.proxy.shared.buffering.flag(d)),
            row(concat!($prefix, "_buffers"), LEVELS, take(2), |_, v, d| {
                v.$settings.proxy.shared.buffers.put(d, verify::buffers(d)?)
            }),
            row(concat!($prefix, "_busy_buffers_size"), LEVELS, take(1), |_, v, d| {
                v.$settings.proxy.shared.busy_size.size(d)
            }),
            row(concat!($prefix, "_cache"), LEVELS, take(1), |_, v, d| store::cache(&mut v.$settings.proxy.shared, d)),
            row(concat!($prefix, "_cache_background_update"), LEVELS, take(1), |_, v, d| {
                v.$settings.proxy.shared.cache.background.flag(d)
            }),
            row(concat!($prefix, "_cache_bypass"), LEVELS, at_least(1), |_, v, d| {
                cache::conditions(&mut v.$settings.proxy.shared.cache.bypass, d)
            }),
            row(concat!($prefix, "_cache_key"), LEVELS, take(1), |_, v, d| {
                v.$settings.proxy.shared.cache.key.template(d)
            }),
            row(concat!($prefix, "_cache_lock"), LEVELS, take(1), |_, v, d| {
                v.$settings.proxy.shared.cache.lock.flag(d)
            }),
            row(concat!($prefix, "_cache_lock_age"), LEVELS, take(1), |_, v, d| {
                v.$settings.proxy.shared.cache.lock_age.time(d)
            }),
            row(concat!($prefix, "_cache_lock_timeout"), LEVELS, take(1), |_, v, d| {
                v.$settings.proxy.shared.cache.lock_timeout.time(d)
            }),
            row(concat!($prefix, "_cache_max_range_offset"), LEVELS, take(1), |_, v, d| {
                v.$settings.proxy.shared.cache.most_offset.offset(d)
            }),
            row(concat!($prefix, "_cache_methods"), LEVELS, at_least(1), |_, v, d| {
                v.$settings.proxy.shared.cache.methods(d)
            }),
            row(concat!($prefix, "_cache_min_uses"), LEVELS, take(1), |_, v, d| {
                v.$settings.proxy.shared.cache.least_uses.small_number(d)
            }),
            row(concat!($prefix, "_cache_path"), HTTP, at_least(2), cache::path).partial(cache::PATH),
            row(concat!($prefix, "_cache_purge"), LEVELS, at_least(1), |l, v, d| {
                purge::purge(l, v, |v| &mut v.$settings.proxy.shared.cache, d)
            }),
            row(concat!($prefix, "_cache_revalidate"), LEVELS, take(1), |_, v, d| {
                v.$settings.proxy.shared.cache.revalidate.flag(d)
            }),
            row(concat!($prefix, "_cache_rules"), LEVELS, take(1), |_, v, d| {
                v.$settings.proxy.shared.cache.standard.choice(d, &cache::RULES)
            }),
            row(concat!($prefix, "_cache_use_stale"), LEVELS, at_least(1), |l, v, d| {
                v.$settings.proxy.shared.cache.use_stale(l, d)
            }),
            row(concat!($prefix, "_cache_valid"), LEVELS, at_least(1), |_, v, d| {
                v.$settings.proxy.shared.cache.valid(d)
            }),
            row(concat!($prefix, "_connect_timeout"), LEVELS, take(1), |_, v, d| {
                v.$settings.proxy.shared.connect_timeout.time(d)
            }),
            row(concat!($prefix, "_force_ranges"), LEVELS, take(1), |_, v, d| {
                v.$settings.proxy.shared.force_ranges.flag(d)
            }),
            row(concat!($prefix, "_hide_header"), LEVELS, take(1), |_, v, d| {
                v.$settings.proxy.shared.hide.push(proxy::lower_case(d)?);
                Ok(())
            }),
            row(concat!($prefix, "_ignore_client_abort"), LEVELS, take(1), |_, v, d| {
                v.$settings.proxy.shared.ignore_client_abort.flag(d)
            }),
            row(concat!($prefix, "_ignore_headers"), LEVELS, at_least(1), |l, v, d| {
                proxy::ignore_headers(l, &mut v.$settings.proxy.shared.ignore, d)
            }),
            row(concat!($prefix, "_intercept_errors"), LEVELS, take(1), |_, v, d| {
                v.$settings.proxy.shared.intercept_errors.flag(d)
            }),
            row(concat!($prefix, "_limit_rate"), LEVELS, take(1), |_, v, d| {
                rate(&mut v.$settings.proxy.shared.limit_rate, d)
            }),
            row(concat!($prefix, "_max_temp_file_size"), LEVELS, take(1), |_, v, d| {
                v.$settings.proxy.shared.max_file.size(d)
            }),
            row(concat!($prefix, "_next_upstream"), LEVELS, at_least(1), |l, v, d| {
                gateway::next_upstream(l, &mut v.$settings.proxy.shared.next, d)
            }),
            row(concat!($prefix, "_next_upstream_timeout"), LEVELS, take(1), |_, v, d| {
                v.$settings.proxy.shared.next_timeout.time(d)
            }),
            row(concat!($prefix, "_next_upstream_tries"), LEVELS, take(1), |_, v, d| {
                v.$settings.proxy.shared.next_tries.small_number(d)
            }),
            row(concat!($prefix, "_no_cache"), LEVELS, at_least(1), |_, v, d| {
                cache::conditions(&mut v.$settings.proxy.shared.cache.skip, d)
            }),
            row(concat!($prefix, "_param"), LEVELS, between(2, 3), |_, v, d| {
                gateway::param(&mut v.$settings.params, d)
            }),
            row(concat!($prefix, "_pass"), LOCATION.or(IF_LOCATION), take(1), |_, v, d| {
                gateway::pass(v, |v| &mut v.$settings, $schemes, d)
            }),
            row(concat!($prefix, "_pass_header"), LEVELS, take(1), |_, v, d| {
                v.$settings.proxy.shared.pass.push(proxy::lower_case(d)?);
                Ok(())
            }),
            row(concat!($prefix, "_pass_request_body"), LEVELS, take(1), |_, v, d| {
                v.$settings.proxy.shared.pass_body.flag(d)
            }),
            row(concat!($prefix, "_pass_request_headers"), LEVELS, take(1), |_, v, d| {
                v.$settings.proxy.shared.pass_fields.flag(d)
            }),
            row(concat!($prefix, "_read_timeout"), LEVELS, take(1), |_, v, d| {
                v.$settings.proxy.shared.read_timeout.time(d)
            }),
            row(concat!($prefix, "_request_buffering"), LEVELS, take(1), |_, v, d| {
                v.$settings.proxy.shared.request_buffering.flag(d)
            }),
            row(concat!($prefix, "_send_timeout"), LEVELS, take(1), |_, v, d| {
                v.$settings.proxy.shared.send_timeout.time(d)
            }),
            row(concat!($prefix, "_socket_keepalive"), LEVELS, take(1), |_, v, d| {
                v.$settings.proxy.shared.socket_keepalive.flag(d)
            }),
            pending(concat!($prefix, "_socket_rcvbuf"), LEVELS, take(1)),
            pending(concat!($prefix, "_socket_sndbuf"), LEVELS, take(1)),
            row(concat!($prefix, "_store"), LEVELS, take(1), |_, v, d| store::store(&mut v.$settings.proxy.shared, d)),
            row(concat!($prefix, "_store_access"), LEVELS, between(1, 3), |_, v, d| {
                v.$settings.proxy.shared.filed_access.put(d, store::access(d)?)
            }),
            row(concat!($prefix, "_temp_file_write_size"), LEVELS, take(1), |_, v, d| {
                v.$settings.proxy.shared.write_size.size(d)
            }),
            row(concat!($prefix, "_temp_path"), LEVELS, between(1, 4), |l, v, d| {
                temp_path(l, &mut v.$settings.proxy.shared.temp_path, d)
            }),
        ]
    };
}
pub(crate) use shared_rows;

/// The rows of two sorted tables as one.
#[expect(clippy::indexing_slicing, reason = "runs at compile time, where an index out of range is a compile error")]
pub(crate) const fn merged<const ALL: usize>(one: &[Row], other: &[Row]) -> [Row; ALL] {
    assert!(one.len() + other.len() == ALL, "the whole has as many rows as its parts");
    let mut rows = [one[0]; ALL];
    let (mut left, mut right) = (0, 0);
    while left + right < ALL {
        let takes_left = right == other.len() || left < one.len() && stands_before(one[left].name, other[right].name);
        rows[left + right] = if takes_left { one[left] } else { other[right] };
        left += takes_left as usize;
        right += !takes_left as usize;
    }
    rows
}

#[expect(clippy::indexing_slicing, reason = "runs at compile time, where an index out of range is a compile error")]
const fn stands_before(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() {
        if one[at] != other[at] {
            return one[at] < other[at];
        }
        at += 1;
    }
    one.len() < other.len()
}
