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

        /// The machine's own zone, which here is always UTC: told apart by `%#v` and `deepEqual` only.
        var isLocal = false

        static let utc = Zone(name: "UTC", offset: 0)
        static let local = Zone(name: "UTC", offset: 0, isLocal: true)
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

    static func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    /// The days of the year before a month.
    static func daysBefore(_ month: Int64, in year: Int64) -> Int64 {
        CalendarDate(year: year, month: month, day: 1).days - CalendarDate(year: year, month: 1, day: 1).days
    }

    /// The clock on the wall of the zone.
    var fields: Fields {
        let local = seconds &+ zone.offset
        let day = local >= 0 ? local / 86_400 : (local - 86_399) / 86_400
        let second = local - day * 86_400
        let date = CalendarDate(days: day)
        return Fields(
            year: date.year, month: date.month, day: date.day, hour: second / 3600, minute: second / 60 % 60,
            second: second % 60, weekday: ((day + 4) % 7 + 7) % 7,
            yearDay: day - CalendarDate(year: date.year, month: 1, day: 1).days + 1)
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
