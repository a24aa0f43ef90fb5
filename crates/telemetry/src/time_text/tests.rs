//! The words for known seconds.

use super::*;

fn texts(time: &TimeText, unix: Duration) -> [String; 4] {
    let mut outs = [const { Vec::new() }; 4];
    let [local, iso8601, error, msec] = &mut outs;
    time.append_local(unix, local);
    time.append_iso8601(unix, iso8601);
    time.append_error(unix, error);
    append_msec(unix, msec);
    outs.map(|out| String::from_utf8(out).unwrap())
}

#[test]
fn known_seconds() {
    let check = |offset: i32, unix: Duration, expected: [&str; 4]| {
        assert_eq!(texts(&TimeText::fixed(offset), unix), expected);
    };
    check(
        0,
        Duration::from_millis(1_136_214_245_007),
        ["02/Jan/2006:15:04:05 +0000", "2006-01-02T15:04:05+00:00", "2006/01/02 15:04:05", "1136214245.007"],
    );
    check(
        -12_600,
        Duration::from_secs(1_136_214_245),
        ["02/Jan/2006:11:34:05 -0330", "2006-01-02T11:34:05-03:30", "2006/01/02 11:34:05", "1136214245.000"],
    );
    check(
        20_700,
        Duration::from_secs(1_709_251_199),
        ["01/Mar/2024:05:44:59 +0545", "2024-03-01T05:44:59+05:45", "2024/03/01 05:44:59", "1709251199.000"],
    );
}

#[test]
fn texts_change_with_the_second() {
    let time = TimeText::fixed(0);
    let [first, ..] = texts(&time, Duration::from_millis(999));
    let [same, ..] = texts(&time, Duration::from_millis(1));
    let [next, ..] = texts(&time, Duration::from_secs(1));
    assert_eq!(first, "01/Jan/1970:00:00:00 +0000");
    assert_eq!(first, same);
    assert_eq!(next, "01/Jan/1970:00:00:01 +0000");
}

#[test]
fn a_day_begins_at_the_zones_midnight() {
    assert_eq!(TimeText::fixed(0).second_of_day(Duration::from_secs(86_399)), 86_399);
    assert_eq!(TimeText::fixed(3600).second_of_day(Duration::from_secs(86_399)), 3599);
    assert_eq!(TimeText::fixed(-3600).second_of_day(Duration::ZERO), 23 * 3600);
}
