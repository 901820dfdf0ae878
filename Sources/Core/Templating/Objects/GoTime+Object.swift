import PlatformModel

/// The methods of `time.Time` that templates call.
extension GoTime: TemplateObject {
    static let typeName = "time.Time"

    var typeName: String { Self.typeName }
    var json: JSON { .string(GoText.text(formatted(Array("2006-01-02T15:04:05.999999999Z07:00".utf8)))) }

    var syntax: GoString? {
        let fields = fields
        let place =
            zone == .utc
            ? "time.UTC"
            : zone.isLocal ? "time.Local" : "time.Location(\(TimeLayout.quote(Array(zone.name.utf8))))"
        let date = "\(fields.year), time.\(TimeLayout.months[Int(fields.month) - 1]), \(fields.day)"
        return Array(
            "time.Date(\(date), \(fields.hour), \(fields.minute), \(fields.second), \(nanoseconds), \(place))".utf8)
    }

    private static func argument(_ call: FunctionCall, _ index: Int) -> GoTime {
        if case .object(let object) = call[index], let time = object as? GoTime { return time }
        return .zero
    }

    func member(_ name: String) -> TemplateFunction? {
        let fields = fields
        switch name {
        case "Year": return .field(.int(Int(fields.year)))
        case "Month":
            return .field(
                .object(GoNamedNumber(type: "time.Month", number: fields.month, name: TimeLayout.months[Int(fields.month) - 1])))
        case "Weekday":
            return .field(
                .object(
                    GoNamedNumber(type: "time.Weekday", number: fields.weekday, name: TimeLayout.weekdays[Int(fields.weekday)])))
        case "Day": return .field(.int(Int(fields.day)))
        case "Hour": return .field(.int(Int(fields.hour)))
        case "Minute": return .field(.int(Int(fields.minute)))
        case "Second": return .field(.int(Int(fields.second)))
        case "Nanosecond": return .field(.int(Int(nanoseconds)))
        case "YearDay": return .field(.int(Int(fields.yearDay)))
        case "Unix": return .field(.int64(seconds))
        case "UnixMilli": return .field(.int64(seconds &* 1000 &+ nanoseconds / 1_000_000))
        case "UnixNano": return .field(.int64(seconds &* 1_000_000_000 &+ nanoseconds))
        case "UnixMicro": return .field(.int64(seconds &* 1_000_000 &+ nanoseconds / 1000))
        case "String": return .field(.string(text))
        case "GoString": return .field(.string(syntax ?? text))
        case "IsZero": return .field(.bool(seconds == Self.zero.seconds && nanoseconds == 0))
        case "Local": return .field(.object(GoTime(seconds: seconds, nanoseconds: nanoseconds, zone: .local)))
        case "UTC": return .field(.object(GoTime(seconds: seconds, nanoseconds: nanoseconds)))
        case "Format": return .method([.string]) { .string(formatted($0.string(0))) }
        case "AddDate":
            return .method([.int, .int, .int]) { .object(adding(years: $0.int(0), months: $0.int(1), days: $0.int(2))) }
        case "Before": return .method([.time]) { .bool(isBefore(Self.argument($0, 0))) }
        case "After": return .method([.time]) { .bool(Self.argument($0, 0).isBefore(self)) }
        case "Equal":
            return .method([.time]) { .bool(!isBefore(Self.argument($0, 0)) && !Self.argument($0, 0).isBefore(self)) }
        default: return nil
        }
    }

    private func isBefore(_ other: GoTime) -> Bool { (seconds, nanoseconds) < (other.seconds, other.nanoseconds) }

    /// What is too much of a month goes into the next.
    private func adding(years: Int, months: Int, days: Int) -> GoTime {
        let fields = fields, bound = -1_000_000...1_000_000
        guard bound.contains(years), bound.contains(months), bound.contains(days) else { return self }
        let month = fields.month - 1 + Int64(months)
        let carried = month >= 0 ? month / 12 : (month - 11) / 12
        let first = CalendarDate(
            year: fields.year + Int64(years) + carried, month: month - carried * 12 + 1, day: 1
        ).days
        let secondOfDay = fields.hour * 3600 + fields.minute * 60 + fields.second
        return GoTime(
            seconds: (first + fields.day - 1 + Int64(days)) * 86_400 + secondOfDay - zone.offset, nanoseconds: nanoseconds,
            zone: zone)
    }
}

/// A number with a name: a month, a weekday.
struct GoNamedNumber: TemplateObject, Equatable {
    let type: String
    let number: Int64
    let name: String

    var typeName: String { type }
    var kindName: String { "int" }
    var text: GoString { Array(name.utf8) }
    var json: JSON { .int(number) }
    func member(_ name: String) -> TemplateFunction? { name == "String" ? .field(.string(self.name)) : nil }
}
