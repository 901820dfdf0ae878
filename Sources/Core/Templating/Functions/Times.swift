import PlatformModel

// Sprig: times, in UTC. `now` is the time that the rendering was given.
extension FunctionTable {
    mutating func addTimes() {
        add("now") { .object($0.state.now) }
        add("date", [.string, .any]) { .string(Self.utc($0[1], $0).formatted($0.string(0))) }
        add("htmlDate", [.any]) { .string(Self.utc($0[0], $0).formatted(Self.htmlLayout)) }
        add("dateInZone", [.string, .any, .string]) { call throws(FunctionFailure) in
            .string(try Self.shown(call[1], inZone: call.text(2), call).formatted(call.string(0)))
        }
        alias("date_in_zone", "dateInZone")
        add("htmlDateInZone", [.any, .string]) { call throws(FunctionFailure) in
            .string(try Self.shown(call[0], inZone: call.text(1), call).formatted(Self.htmlLayout))
        }
        add("toDate", [.string, .string]) { call in
            .object((try? TimeParser.parse(call.string(1), layout: call.string(0))) ?? .zero)
        }
        add("mustToDate", [.string, .string]) { call throws(FunctionFailure) in
            .object(try TimeParser.parse(call.string(1), layout: call.string(0)))
        }
        add("unixEpoch", [.time]) { .string(String($0.time(0).seconds)) }
        add("dateModify", [.string, .time]) { call in
            guard let duration = try? GoDuration.parse(call.string(0)) else { return call[1] }
            return .object(call.time(1).adding(duration))
        }
        add("mustDateModify", [.string, .time]) { call throws(FunctionFailure) in
            .object(call.time(1).adding(try GoDuration.parse(call.string(0))))
        }
        alias("date_modify", "dateModify")
        alias("must_date_modify", "mustDateModify")
        addDurations()
    }

    private static let htmlLayout = Array("2006-01-02".utf8)

    private mutating func addDurations() {
        add("ago", [.any]) { call in
            .string(call.state.now.since(Self.time(call[0], call)).roundedToSeconds.text)
        }
        add("duration", [.any]) { call in
            let seconds: Int64 =
                switch call[0] {
                case .string(let text): Numbers.decimal(text)
                case .int(let value, .int64): value
                default: 0
                }
            return .string(GoDuration(nanoseconds: seconds &* 1_000_000_000).text)
        }
        add("durationRound", [.any]) { call in
            let duration: GoDuration? =
                switch call[0] {
                case .string(let text): try? GoDuration.parse(text)
                case .int(let value, .int64): GoDuration(nanoseconds: value)
                case .object(let time as GoTime): call.state.now.since(time)
                default: nil
                }
            return .string(duration?.rounded ?? "0s")
        }
    }

    /// A time, or seconds since 1970 as an integer; anything else is now.
    private static func time(_ value: TemplateValue, _ call: FunctionCall) -> GoTime {
        switch value {
        case .object(let time as GoTime): time
        case .int(let seconds, .int), .int(let seconds, .int64): GoTime(seconds: seconds)
        default: call.state.now
        }
    }

    private static func utc(_ value: TemplateValue, _ call: FunctionCall) -> GoTime {
        var time = time(value, call)
        time.zone = .utc
        return time
    }

    private static func shown(
        _ value: TemplateValue, inZone name: String, _ call: FunctionCall
    ) throws(FunctionFailure) -> GoTime {
        var time = utc(value, call)
        if ["UTC", "", "Local"].contains(name) { return time }
        guard let database = call.state.environment.libraries.timeZones else {
            throw FunctionFailure("the time zone '\(name)' is not known here; use UTC")
        }
        // A name that nobody knows is UTC, as in Sprig.
        if let zones = database(name).flatMap(TimeZoneFile.init) { time.zone = zones.zone(at: time.seconds) }
        return time
    }
}
