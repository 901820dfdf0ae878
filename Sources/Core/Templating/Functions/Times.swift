import PlatformModel

// Sprig: times, in UTC. `now` is the time that the rendering was given.
extension FunctionTable {
    mutating func addTimes() {
        add("now") { .time($0.state.environment.now) }
        add("date", [.string, .any]) { .string(GoTime.format(Self.time($0[1], $0), layout: $0.text(0))) }
        add("htmlDate", [.any]) { .string(GoTime.format(Self.time($0[0], $0), layout: "2006-01-02")) }
        @Sendable func inZone(_ layout: String, _ time: TemplateValue, _ zone: String, _ call: FunctionCall)
            throws(FunctionFailure)
            -> TemplateValue
        {
            guard ["UTC", "", "GMT", "Etc/UTC"].contains(zone) else {
                throw FunctionFailure("the time zone '\(zone)' is not known here; use UTC")
            }
            return .string(GoTime.format(Self.time(time, call), layout: layout))
        }
        add("dateInZone", [.string, .any, .string]) { call throws(FunctionFailure) in
            try inZone(call.text(0), call[1], call.text(2), call)
        }
        alias("date_in_zone", "dateInZone")
        add("htmlDateInZone", [.any, .string]) { call throws(FunctionFailure) in
            try inZone("2006-01-02", call[0], call.text(1), call)
        }
        add("unixEpoch", [.time]) { .string(String(GoTime.seconds(Self.time($0[0], $0)))) }
        add("dateModify", [.string, .time]) { call in
            let time = Self.time(call[1], call)
            guard let duration = GoTime.duration(call.text(0)) else { return call[1] }
            return .time(Timestamp(milliseconds: time.milliseconds &+ duration))
        }
        alias("date_modify", "dateModify")
        add("mustDateModify", [.string, .time]) { call throws(FunctionFailure) in
            guard let duration = GoTime.duration(call.text(0)) else {
                throw FunctionFailure("time: invalid duration \(GoText.text(GoQuote.quote(call.string(0))))")
            }
            return .time(Timestamp(milliseconds: Self.time(call[1], call).milliseconds &+ duration))
        }
        alias("must_date_modify", "mustDateModify")
    }

    /// A time, or seconds since 1970 as an integer; anything else is now.
    private static func time(_ value: TemplateValue, _ call: FunctionCall) -> Timestamp {
        switch value {
        case .time(let time): time
        case .int(let seconds, _): Timestamp(milliseconds: seconds &* 1000)
        default: call.state.environment.now
        }
    }
}
