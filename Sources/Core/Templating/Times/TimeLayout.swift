/// Go's layouts: a time is written and read by the example of Monday, January 2, 15:04:05, 2006.
enum TimeLayout {
    enum Element: Equatable {
        case longMonth, month, numericMonth, zeroMonth, longWeekday, weekday, day, spaceDay, zeroDay, spaceYearDay, zeroYearDay
        case hour, hour12, zeroHour12, minute, zeroMinute, second, zeroSecond, longYear, year, upperPM, lowerPM, zoneName
        /// `-0700`, `Z07:00`, ...
        case offset(usesZ: Bool, hasMinutes: Bool, hasColon: Bool, hasSeconds: Bool)
        /// `.000` and `.999`: so many digits of the second; the nines drop zeros at the end.
        case fraction(digits: Int, dropsZeros: Bool)
    }

    /// The first element of a layout at or after `start`, and where it stands.
    static func next(_ layout: GoString, from start: Int) -> (element: Element, range: Range<Int>)? {
        var index = start
        while index < layout.count {
            if let (element, skipped, width) = element(layout[index...]) {
                return (element, (index + skipped)..<(index + skipped + width))
            }
            index += 1
        }
        return nil
    }

    private static let words: [(String, Element)] = [
        ("January", .longMonth), ("Monday", .longWeekday), ("MST", .zoneName), ("002", .zeroYearDay), ("01", .zeroMonth),
        ("02", .zeroDay), ("03", .zeroHour12), ("04", .zeroMinute), ("05", .zeroSecond), ("06", .year), ("15", .hour),
        ("1", .numericMonth), ("2006", .longYear), ("2", .day), ("__2", .spaceYearDay), ("_2", .spaceDay), ("3", .hour12),
        ("4", .minute), ("5", .second), ("PM", .upperPM), ("pm", .lowerPM),
    ]

    private static let offsets: [(String, Bool, Bool, Bool)] = [
        ("070000", true, false, true), ("07:00:00", true, true, true), ("0700", true, false, false),
        ("07:00", true, true, false), ("07", false, false, false),
    ]

    private static func element(_ rest: ArraySlice<UInt8>) -> (Element, skipped: Int, width: Int)? {
        guard let first = rest.first else { return nil }
        switch first {
        case UInt8(ascii: "J"), UInt8(ascii: "M"):
            if let word = words.first(where: { rest.starts(with: $0.0.utf8) }) { return (word.1, 0, word.0.utf8.count) }
            // "Jan" but not "Janet".
            let after = rest.dropFirst(3).first
            if after.map({ (0x61...0x7A).contains($0) }) ?? false { return nil }
            if rest.starts(with: "Jan".utf8) { return (.month, 0, 3) }
            return rest.starts(with: "Mon".utf8) ? (.weekday, 0, 3) : nil
        case UInt8(ascii: "_") where rest.starts(with: "_2006".utf8): return (.longYear, 1, 4)
        case UInt8(ascii: "-"), UInt8(ascii: "Z"):
            let body = rest.dropFirst()
            guard let (text, hasMinutes, hasColon, hasSeconds) = offsets.first(where: { body.starts(with: $0.0.utf8) }) else {
                return nil
            }
            let usesZ = first == UInt8(ascii: "Z")
            return (
                .offset(usesZ: usesZ, hasMinutes: hasMinutes, hasColon: hasColon, hasSeconds: hasSeconds), 0, 1 + text.utf8.count
            )
        case UInt8(ascii: "."), UInt8(ascii: ","):
            guard let digit = rest.dropFirst().first, digit == 0x30 || digit == 0x39 else { return nil }
            let count = rest.dropFirst().prefix { $0 == digit }.count
            if let after = rest.dropFirst(1 + count).first, (0x30...0x39).contains(after) { return nil }
            return (.fraction(digits: count, dropsZeros: digit == 0x39), 0, 1 + count)
        default:
            guard let word = words.first(where: { rest.starts(with: $0.0.utf8) }) else { return nil }
            return (word.1, 0, word.0.utf8.count)
        }
    }

    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
    ]
    static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

    /// As the errors of Go's `time` quote: bytes that are not plain ASCII in hex.
    static func quote(_ text: GoString) -> String {
        var out = "\""
        for byte in text {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                out += "\\" + String(Unicode.Scalar(byte))
            } else if byte < 0x20 || byte >= 0x80 {
                out += "\\x" + GoQuote.hex(UInt32(byte), width: 2)
            } else {
                out.unicodeScalars.append(Unicode.Scalar(byte))
            }
        }
        return out + "\""
    }
}

extension GoTime {
    /// `time.Time.String`.
    var text: GoString { formatted(Array("2006-01-02 15:04:05.999999999 -0700 MST".utf8)) }

    func formatted(_ layout: GoString) -> GoString {
        let fields = fields
        var out = GoString(), position = 0
        while let (element, range) = TimeLayout.next(layout, from: position) {
            out += layout[position..<range.lowerBound]
            out += text(of: element, separator: layout[range.lowerBound], fields).utf8
            position = range.upperBound
        }
        return out + layout[position...]
    }

    private func text(of element: TimeLayout.Element, separator: UInt8, _ fields: Fields) -> String {
        let hour12 = fields.hour % 12 == 0 ? 12 : fields.hour % 12
        switch element {
        case .longMonth: return TimeLayout.months[Int(fields.month) - 1]
        case .month: return String(TimeLayout.months[Int(fields.month) - 1].prefix(3))
        case .longWeekday: return TimeLayout.weekdays[Int(fields.weekday)]
        case .weekday: return String(TimeLayout.weekdays[Int(fields.weekday)].prefix(3))
        case .numericMonth: return "\(fields.month)"
        case .zeroMonth: return Self.pad(fields.month, 2)
        case .day: return "\(fields.day)"
        case .spaceDay: return (fields.day < 10 ? " " : "") + "\(fields.day)"
        case .zeroDay: return Self.pad(fields.day, 2)
        case .spaceYearDay: return (fields.yearDay < 100 ? " " : "") + (fields.yearDay < 10 ? " " : "") + "\(fields.yearDay)"
        case .zeroYearDay: return Self.pad(fields.yearDay, 3)
        case .hour: return Self.pad(fields.hour, 2)
        case .hour12: return "\(hour12)"
        case .zeroHour12: return Self.pad(hour12, 2)
        case .minute: return "\(fields.minute)"
        case .zeroMinute: return Self.pad(fields.minute, 2)
        case .second: return "\(fields.second)"
        case .zeroSecond: return Self.pad(fields.second, 2)
        case .longYear: return Self.pad(fields.year, 4)
        case .year: return Self.pad(abs(fields.year % 100), 2)
        case .upperPM: return fields.hour < 12 ? "AM" : "PM"
        case .lowerPM: return fields.hour < 12 ? "am" : "pm"
        case .zoneName: return zone.name.isEmpty ? offset(hasMinutes: true, hasColon: false, hasSeconds: false) : zone.name
        case .offset(let usesZ, let hasMinutes, let hasColon, let hasSeconds):
            if usesZ, zone.offset == 0 { return "Z" }
            return offset(hasMinutes: hasMinutes, hasColon: hasColon, hasSeconds: hasSeconds)
        case .fraction(let digits, let dropsZeros):
            let all = Self.pad(nanoseconds, 9) + String(repeating: "0", count: max(digits - 9, 0))
            var fraction = String(all.prefix(digits))
            if dropsZeros { while fraction.hasSuffix("0") { fraction.removeLast() } }
            return fraction.isEmpty ? "" : String(Unicode.Scalar(separator)) + fraction
        }
    }

    private func offset(hasMinutes: Bool, hasColon: Bool, hasSeconds: Bool) -> String {
        let value = abs(zone.offset), colon = hasColon ? ":" : ""
        return (zone.offset < 0 ? "-" : "+") + Self.pad(value / 3600, 2)
            + (hasMinutes ? colon + Self.pad(value / 60 % 60, 2) : "")
            + (hasSeconds ? colon + Self.pad(value % 60, 2) : "")
    }

    private static func pad(_ value: Int64, _ width: Int) -> String {
        let text = String(value.magnitude)
        return (value < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
}
