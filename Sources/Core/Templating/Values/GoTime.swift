import PlatformModel

/// Go's `time` in UTC: layouts and durations.
enum GoTime {
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
    ]
    private static let days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

    /// Longest first where one begins another.
    private static let elements = [
        "January", "Jan", "Monday", "Mon", "2006", "06", "002", "01", "02", "03", "04", "05", "15", "PM", "pm", "MST", "Z07:00",
        "Z0700", "-07:00", "-0700", "-07", "_2", "1", "2", "3", "4", "5",
    ]

    /// `time.Time.String`.
    static func text(_ time: Timestamp) -> String {
        let fraction = time.milliseconds - seconds(time) * 1000
        var decimals = ""
        if fraction != 0 {
            decimals = "." + pad(fraction, 3)
            while decimals.hasSuffix("0") { decimals.removeLast() }
        }
        return format(time, layout: "2006-01-02 15:04:05") + decimals + " +0000 UTC"
    }

    static func seconds(_ time: Timestamp) -> Int64 {
        time.milliseconds >= 0 ? time.milliseconds / 1000 : (time.milliseconds - 999) / 1000
    }

    /// The time by an example: Monday, January 2, 15:04:05, 2006.
    static func format(_ time: Timestamp, layout: String) -> String {
        let text = Array(time.description.utf8)
        func number(_ from: Int, _ count: Int) -> Int64 { Int64(GoText.text(text[from..<(from + count)])) ?? 0 }
        let fields = Fields(
            year: number(0, 4), month: number(5, 2), day: number(8, 2), hour: number(11, 2), minute: number(14, 2),
            second: number(17, 2), millisecond: number(20, 3),
            weekday: Int(((seconds(time) - ((seconds(time) % 86_400 + 86_400) % 86_400)) / 86_400 % 7 + 11) % 7))
        var out = "", rest = Array(layout.utf8)[...]
        while !rest.isEmpty {
            if let element = elements.first(where: { rest.starts(with: $0.utf8) && !isPartOfWord($0, rest) }) {
                out += fields.text(element)
                rest = rest.dropFirst(element.utf8.count)
            } else if let zeros = fractionLength(rest) {
                let digits = pad(fields.millisecond, 3) + String(repeating: "0", count: 6)
                out += "." + digits.prefix(zeros)
                rest = rest.dropFirst(zeros + 1)
            } else {
                let width = GoText.decode(rest, at: rest.startIndex)?.1 ?? 1
                out += GoText.text(rest.prefix(width))
                rest = rest.dropFirst(width)
            }
        }
        return out
    }

    private struct Fields {
        let year, month, day, hour, minute, second, millisecond: Int64
        let weekday: Int

        func text(_ element: String) -> String {
            let hour12 = hour % 12 == 0 ? 12 : hour % 12
            return switch element {
            case "January": GoTime.months[Int(month) - 1]
            case "Jan": String(GoTime.months[Int(month) - 1].prefix(3))
            case "Monday": GoTime.days[weekday]
            case "Mon": String(GoTime.days[weekday].prefix(3))
            case "2006": GoTime.pad(year, 4)
            case "06": GoTime.pad(year % 100, 2)
            case "002": GoTime.pad(dayOfYear, 3)
            case "01": GoTime.pad(month, 2)
            case "02": GoTime.pad(day, 2)
            case "03": GoTime.pad(hour12, 2)
            case "04": GoTime.pad(minute, 2)
            case "05": GoTime.pad(second, 2)
            case "15": GoTime.pad(hour, 2)
            case "PM": hour < 12 ? "AM" : "PM"
            case "pm": hour < 12 ? "am" : "pm"
            case "MST": "UTC"
            case "Z07:00", "Z0700": "Z"
            case "-07:00": "+00:00"
            case "-0700": "+0000"
            case "-07": "+00"
            case "_2": day < 10 ? " \(day)" : "\(day)"
            case "1": "\(month)"
            case "2": "\(day)"
            case "3": "\(hour12)"
            case "4": "\(minute)"
            default: "\(second)"
            }
        }

        private var dayOfYear: Int64 {
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let before: [Int64] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
            return before[Int(month) - 1] + day + (leap && month > 2 ? 1 : 0)
        }
    }

    /// "Jan" in "January" is tried after it; "Monte" is not a day.
    private static func isPartOfWord(_ element: String, _ rest: ArraySlice<UInt8>) -> Bool {
        guard element == "Jan" || element == "Mon" else { return false }
        guard let after = rest.dropFirst(3).first else { return false }
        return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(after)
    }

    /// `.000`: so many digits of the second.
    private static func fractionLength(_ rest: ArraySlice<UInt8>) -> Int? {
        guard rest.first == UInt8(ascii: ".") || rest.first == UInt8(ascii: ",") else { return nil }
        let zeros = rest.dropFirst().prefix { $0 == UInt8(ascii: "0") }.count
        guard (1...9).contains(zeros) else { return nil }
        if let after = rest.dropFirst(zeros + 1).first, (0x30...0x39).contains(after) { return nil }
        return zeros
    }

    private static func pad(_ value: Int64, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }

    /// Milliseconds of `-1.5h`, `2h45m`; nil when it is no duration.
    static func duration(_ text: String) -> Int64? {
        var rest = Substring(text), sign = 1.0, total = 0.0
        if rest.hasPrefix("-") || rest.hasPrefix("+") {
            sign = rest.hasPrefix("-") ? -1 : 1
            rest = rest.dropFirst()
        }
        if rest == "0" { return 0 }
        if rest.isEmpty { return nil }
        let units: [(String, Double)] = [
            ("ns", 1e-6), ("us", 1e-3), ("µs", 1e-3), ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000),
        ]
        while !rest.isEmpty {
            let digits = rest.prefix { ("0"..."9").contains($0) || $0 == "." }
            guard let value = Double(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            guard let unit = units.first(where: { rest.hasPrefix($0.0) }) else { return nil }
            rest = rest.dropFirst(unit.0.count)
            total += value * unit.1
        }
        return Int64(exactly: (sign * total).rounded())
    }
}
