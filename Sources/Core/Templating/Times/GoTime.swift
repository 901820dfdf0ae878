import PlatformModel

/// Go's `time.Time`: a moment to the nanosecond, and the zone it is shown in.
struct GoTime: Sendable, Equatable {
    /// Seconds since 1970 in UTC.
    var seconds: Int64
    var nanoseconds: Int64 = 0
    var zone = Zone.utc

    struct Zone: Sendable, Hashable {
        /// Empty where only the offset is known.
        var name: String
        /// Seconds east of Greenwich.
        var offset: Int64

        static let utc = Zone(name: "UTC", offset: 0)
    }

    /// The year 1: what Go answers beside an error.
    static let zero = GoTime(seconds: -62_135_596_800)

    init(seconds: Int64, nanoseconds: Int64 = 0, zone: Zone = .utc) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
        self.zone = zone
    }

    init(_ time: Timestamp) {
        let seconds = time.milliseconds >= 0 ? time.milliseconds / 1000 : (time.milliseconds - 999) / 1000
        self.init(seconds: seconds, nanoseconds: (time.milliseconds - seconds * 1000) * 1_000_000)
    }

    /// Days since 1970 of a date of the Gregorian calendar, by eras of 400 years that start in March.
    static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    static func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    /// The days of the year before a month.
    static func daysBefore(_ month: Int64, in year: Int64) -> Int64 {
        days(year: year, month: month, day: 1) - days(year: year, month: 1, day: 1)
    }

    /// The clock on the wall of the zone.
    var fields: Fields {
        let local = seconds &+ zone.offset
        let day = local >= 0 ? local / 86_400 : (local - 86_399) / 86_400
        let second = local - day * 86_400
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayFromMarch = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayFromMarch + 2) / 153
        let month = monthFromMarch + (monthFromMarch < 10 ? 3 : -9)
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return Fields(
            year: year, month: month, day: dayFromMarch - (153 * monthFromMarch + 2) / 5 + 1, hour: second / 3600,
            minute: second / 60 % 60, second: second % 60, weekday: ((day + 4) % 7 + 7) % 7,
            yearDay: day - Self.days(year: year, month: 1, day: 1) + 1)
    }

    struct Fields: Sendable {
        let year, month, day, hour, minute, second: Int64
        /// 0 is Sunday.
        let weekday: Int64
        let yearDay: Int64
    }

    func adding(_ duration: GoDuration) -> GoTime {
        var sum = self
        sum.seconds &+= duration.nanoseconds / 1_000_000_000
        sum.nanoseconds += duration.nanoseconds % 1_000_000_000
        if sum.nanoseconds < 0 {
            sum.nanoseconds += 1_000_000_000
            sum.seconds &-= 1
        } else if sum.nanoseconds >= 1_000_000_000 {
            sum.nanoseconds -= 1_000_000_000
            sum.seconds &+= 1
        }
        return sum
    }

    /// How long after another; the longest duration where it does not fit.
    func since(_ other: GoTime) -> GoDuration {
        let (seconds, overflow) = seconds.subtractingReportingOverflow(other.seconds)
        let (scaled, tooLong) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, over) = scaled.addingReportingOverflow(nanoseconds - other.nanoseconds)
        if overflow || tooLong || over { return GoDuration(nanoseconds: self.seconds > other.seconds ? .max : .min) }
        return GoDuration(nanoseconds: sum)
    }
}
