import PlatformModel

/// Reads a time by a layout, as Go's `time.Parse` does.
struct TimeParser {
    private let layout: GoString
    private let whole: GoString
    private var value: ArraySlice<UInt8>
    private var year: Int64 = 0
    private var month: Int64?
    private var day: Int64?
    private var yearDay: Int64?
    private var hour: Int64 = 0
    private var minute: Int64 = 0
    private var second: Int64 = 0
    private var nanoseconds: Int64 = 0
    private var isAfternoon: Bool?
    private var isUTC = false
    private var offset: Int64?
    private var zoneName = ""

    /// Why an element was not read.
    private enum Mistake: Error {
        case unreadable
        case outOfRange(String)
    }

    static func parse(_ text: GoString, layout: GoString) throws(FunctionFailure) -> GoTime {
        var parser = TimeParser(layout: layout, whole: text)
        try parser.run()
        return try parser.time()
    }

    private init(layout: GoString, whole: GoString) {
        self.layout = layout
        self.whole = whole
        value = whole[...]
    }

    private func failure(_ message: String) -> FunctionFailure {
        FunctionFailure("parsing time \(TimeLayout.quote(whole))\(message)")
    }

    private func failure(at element: some Collection<UInt8>, _ rest: ArraySlice<UInt8>) -> FunctionFailure {
        FunctionFailure(
            "parsing time \(TimeLayout.quote(whole)) as \(TimeLayout.quote(layout)): cannot parse \(TimeLayout.quote(Array(rest)))"
                + " as \(TimeLayout.quote(Array(element)))")
    }

    private mutating func run() throws(FunctionFailure) {
        var position = 0
        while true {
            let next = TimeLayout.next(layout, from: position)
            let prefix = layout[position..<(next?.range.lowerBound ?? layout.count)]
            guard skip(prefix) else { throw failure(at: prefix, value) }
            guard let (element, range) = next else {
                if value.isEmpty { return }
                throw failure(": extra text: \(TimeLayout.quote(Array(value)))")
            }
            position = range.upperBound
            let before = value
            do throws(Mistake) {
                try read(element, followedBy: TimeLayout.next(layout, from: position)?.element)
            } catch {
                switch error {
                case .unreadable: throw failure(at: layout[range], before)
                case .outOfRange(let what): throw failure(": \(what) out of range")
                }
            }
        }
    }

    private mutating func skip(_ prefix: ArraySlice<UInt8>) -> Bool {
        let space = UInt8(ascii: " ")
        var prefix = prefix
        while let first = prefix.first {
            if first == space {
                if let next = value.first, next != space { return false }
                prefix = prefix.drop { $0 == space }
                value = value.drop { $0 == space }
            } else {
                guard value.first == first else { return false }
                prefix = prefix.dropFirst()
                value = value.dropFirst()
            }
        }
        return true
    }

    private mutating func read(_ element: TimeLayout.Element, followedBy next: TimeLayout.Element?) throws(Mistake) {
        switch element {
        case .year:
            let short = try digits(2)
            year = short + (short >= 69 ? 1900 : 2000)
        case .longYear: year = try digits(4)
        case .month: month = try name(TimeLayout.months.map { String($0.prefix(3)) }) + 1
        case .longMonth: month = try name(TimeLayout.months) + 1
        case .numericMonth, .zeroMonth:
            let number = try number(isFixed: element == .zeroMonth)
            month = number
            if !(1...12).contains(number) { throw .outOfRange("month") }
        case .weekday: _ = try name(TimeLayout.weekdays.map { String($0.prefix(3)) })
        case .longWeekday: _ = try name(TimeLayout.weekdays)
        case .day, .spaceDay, .zeroDay:
            if element == .spaceDay, value.first == UInt8(ascii: " ") { value = value.dropFirst() }
            day = try number(isFixed: element == .zeroDay)
        case .spaceYearDay, .zeroYearDay: try readYearDay(isFixed: element == .zeroYearDay)
        case .hour: hour = try number(isFixed: false, below: 24, "hour")
        case .hour12, .zeroHour12: hour = try number(isFixed: element == .zeroHour12, below: 13, "hour")
        case .minute, .zeroMinute: minute = try number(isFixed: element == .zeroMinute, below: 60, "minute")
        case .second, .zeroSecond:
            second = try number(isFixed: element == .zeroSecond, below: 60, "second")
            // A fraction may follow where the layout has none.
            if case .fraction = next { break }
            if startsFraction { try readFraction(digits: fractionDigits) }
        case .upperPM, .lowerPM:
            let words = element == .upperPM ? ("AM", "PM") : ("am", "pm")
            let word = GoText.text(value.prefix(2))
            guard word == words.0 || word == words.1 else { throw .unreadable }
            isAfternoon = word == words.1
            value = value.dropFirst(2)
        case .offset(let usesZ, let hasMinutes, let hasColon, let hasSeconds):
            if usesZ, value.first == UInt8(ascii: "Z") {
                value = value.dropFirst()
                isUTC = true
            } else {
                try readOffset(hasMinutes: hasMinutes, hasColon: hasColon, hasSeconds: hasSeconds)
            }
        case .zoneName: try readZoneName()
        case .fraction(let digits, let dropsZeros):
            if !dropsZeros { return try readFraction(digits: digits) }
            if startsFraction { try readFraction(digits: fractionDigits) }
        }
    }

    private mutating func readYearDay(isFixed: Bool) throws(Mistake) {
        for _ in 0..<2 where !isFixed && value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        let count = value.prefix(3).prefix { (0x30...0x39).contains($0) }.count
        guard count > 0, !isFixed || count == 3 else { throw .unreadable }
        yearDay = try digits(count)
    }

    private var startsFraction: Bool {
        guard let mark = value.first, mark == UInt8(ascii: ".") || mark == UInt8(ascii: ",") else { return false }
        return fractionDigits > 0
    }

    private var fractionDigits: Int { value.dropFirst().prefix { (0x30...0x39).contains($0) }.count }

    private mutating func readFraction(digits count: Int) throws(Mistake) {
        guard let mark = value.first, mark == UInt8(ascii: ".") || mark == UInt8(ascii: ","), value.count > count else {
            throw .unreadable
        }
        let all = value.dropFirst().prefix(count)
        guard all.prefix(9).allSatisfy({ (0x30...0x39).contains($0) }) else { throw .unreadable }
        nanoseconds = 0
        for place in 0..<9 {
            nanoseconds *= 10
            if place < all.count { nanoseconds += Int64(all[all.startIndex + place] - 0x30) }
        }
        value = value.dropFirst(1 + count)
    }

    private mutating func readOffset(hasMinutes: Bool, hasColon: Bool, hasSeconds: Bool) throws(Mistake) {
        let length = 3 + (hasMinutes ? (hasColon ? 3 : 2) : 0) + (hasSeconds ? (hasColon ? 3 : 2) : 0)
        guard value.count >= length else { throw .unreadable }
        let text = Array(value.prefix(length))
        if hasColon, text[3] != UInt8(ascii: ":") || hasSeconds && text[6] != UInt8(ascii: ":") { throw .unreadable }
        let numbers = Array(text.dropFirst().filter { $0 != UInt8(ascii: ":") || !hasColon })
        // An hour that is too large is told even where what follows is no number.
        let digits = numbers.prefix { (0x30...0x39).contains($0) }.count
        func pair(_ index: Int) -> Int64 {
            index + 1 < digits ? Int64(numbers[index] - 0x30) * 10 + Int64(numbers[index + 1] - 0x30) : 0
        }
        if pair(0) > 24 { throw .outOfRange("time zone offset hour") }
        if pair(2) > 60 { throw .outOfRange("time zone offset minute") }
        if pair(4) > 60 { throw .outOfRange("time zone offset second") }
        guard digits == numbers.count else { throw .unreadable }
        let seconds = (pair(0) * 60 + pair(2)) * 60 + pair(4)
        switch text[0] {
        case UInt8(ascii: "+"): offset = seconds
        case UInt8(ascii: "-"): offset = -seconds
        default: throw .unreadable
        }
        value = value.dropFirst(length)
    }

    private mutating func readZoneName() throws(Mistake) {
        if value.starts(with: "UTC".utf8) {
            isUTC = true
            value = value.dropFirst(3)
            return
        }
        guard let length = zoneNameLength else { throw .unreadable }
        zoneName = GoText.text(value.prefix(length))
        value = value.dropFirst(length)
    }

    private var zoneNameLength: Int? {
        guard value.count >= 3 else { return nil }
        if value.starts(with: "ChST".utf8) || value.starts(with: "MeST".utf8) { return 4 }
        if value.starts(with: "GMT".utf8) { return 3 + Self.signedHours(value.dropFirst(3)) }
        if value.first == UInt8(ascii: "+") || value.first == UInt8(ascii: "-") {
            let length = Self.signedHours(value)
            return length > 0 ? length : nil
        }
        let capitals = value.prefix(6).prefix { (0x41...0x5A).contains($0) }, last = capitals.last == UInt8(ascii: "T")
        switch capitals.count {
        case 3: return 3
        case 4: return last || capitals.elementsEqual("WITA".utf8) ? 4 : nil
        case 5: return last ? 5 : nil
        default: return nil
        }
    }

    /// The length of `+3` or `-11`; 0 when it is none.
    private static func signedHours(_ text: ArraySlice<UInt8>) -> Int {
        guard let sign = text.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return 0 }
        let digits = text.dropFirst().prefix { (0x30...0x39).contains($0) }
        guard let hours = Int(GoText.text(digits)), hours <= 23 else { return 0 }
        return 1 + digits.count
    }
}

// Numbers, names and the result.
extension TimeParser {
    private mutating func digits(_ count: Int) throws(Mistake) -> Int64 {
        let digits = value.prefix(count)
        guard digits.count == count, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { throw .unreadable }
        value = value.dropFirst(count)
        return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }

    /// One digit or two; two where `isFixed`.
    private mutating func number(isFixed: Bool) throws(Mistake) -> Int64 {
        let count = value.prefix(2).prefix { (0x30...0x39).contains($0) }.count
        guard count == 2 || count == 1 && !isFixed else { throw .unreadable }
        return try digits(count)
    }

    private mutating func number(isFixed: Bool, below limit: Int64, _ what: String) throws(Mistake) -> Int64 {
        let number = try number(isFixed: isFixed)
        if number >= limit { throw .outOfRange(what) }
        return number
    }

    private mutating func name(_ names: [String]) throws(Mistake) -> Int64 {
        let index = names.firstIndex { name in
            value.count >= name.utf8.count && zip(value, name.utf8).allSatisfy { $0 | 0x20 == $1 | 0x20 }
        }
        guard let index else { throw .unreadable }
        value = value.dropFirst(names[index].utf8.count)
        return Int64(index)
    }

    private func time() throws(FunctionFailure) -> GoTime {
        var hour = hour
        if isAfternoon == true, hour < 12 { hour += 12 }
        if isAfternoon == false, hour == 12 { hour = 0 }
        let (month, day) = try date()
        let seconds = (CalendarDate(year: year, month: month, day: day).days * 24 + hour) * 3600 + minute * 60 + second
        if isUTC { return GoTime(seconds: seconds, nanoseconds: nanoseconds) }
        if let offset {
            let isLocal = offset == 0 && (zoneName.isEmpty || zoneName == "UTC")
            return GoTime(
                seconds: seconds - offset, nanoseconds: nanoseconds,
                zone: isLocal ? .local : .init(name: zoneName, offset: offset))
        }
        if zoneName.isEmpty { return GoTime(seconds: seconds, nanoseconds: nanoseconds, zone: .local) }
        // A name says nothing of its offset, but GMT+3 does.
        let hours = zoneName.hasPrefix("GMT") ? Int64(zoneName.dropFirst(3).filter { $0 != "+" }) ?? 0 : 0
        return GoTime(
            seconds: seconds - hours * 3600, nanoseconds: nanoseconds, zone: .init(name: zoneName, offset: hours * 3600))
    }

    private func date() throws(FunctionFailure) -> (month: Int64, day: Int64) {
        guard let yearDay else {
            let (month, day) = (month ?? 1, day ?? 1)
            let last: Int64 = month == 12 ? 31 : GoTime.daysBefore(month + 1, in: year) - GoTime.daysBefore(month, in: year)
            guard (1...last).contains(day) else { throw failure(": day out of range") }
            return (month, day)
        }
        guard (1...(GoTime.isLeap(year) ? 366 : 365)).contains(yearDay) else { throw failure(": day-of-year out of range") }
        let found = (1...12).last { GoTime.daysBefore($0, in: year) < yearDay } ?? 1
        if let month, month != found { throw failure(": day-of-year does not match month") }
        let foundDay = yearDay - GoTime.daysBefore(found, in: year)
        if let day, day != foundDay { throw failure(": day-of-year does not match day") }
        return (found, foundDay)
    }
}
