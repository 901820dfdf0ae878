/// One thing that was looked at, and what to do about it.
struct Finding: Encodable, Sendable, Hashable {
    enum Level: String, Encodable, Sendable, Hashable {
        case ok = "OK"
        /// It works, and will not for ever.
        case warning = "WARN"
        case failure = "FAIL"
    }

    /// `gateway`, `database`, `disk`, ...
    var area: String
    var level: Level
    var what: String
    /// What to do, to begin with at once; nil when all is well.
    var remedy: String?

    static func ok(_ area: String, _ what: String) -> Finding { Finding(area: area, level: .ok, what: what) }
    static func warning(_ area: String, _ what: String, _ remedy: String) -> Finding {
        Finding(area: area, level: .warning, what: what, remedy: remedy)
    }
    static func failure(_ area: String, _ what: String, _ remedy: String) -> Finding {
        Finding(area: area, level: .failure, what: what, remedy: remedy)
    }

    /// As people read it: at most two lines.
    var text: String {
        func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
        let head = "\(padded(level.rawValue, 4))  \(padded(area, 12))  \(what)"
        return remedy.map { head + "\n" + String(repeating: " ", count: 20) + $0 } ?? head
    }
}
