/// The order of keys in Go's YAML: numbers in them count as numbers, and letters come after all else.
enum NaturalOrder {
    static func precedes(_ left: String, _ right: String) -> Bool {
        let left = Array(left.unicodeScalars), right = Array(right.unicodeScalars)
        guard let place = (0..<min(left.count, right.count)).first(where: { left[$0] != right[$0] }) else {
            return left.count < right.count
        }
        switch (GoText.isLetter(left[place]), GoText.isLetter(right[place])) {
        case (true, true): return left[place] < right[place]
        case (true, false): return false
        case (false, true): return true
        case (false, false): break
        }
        // A zero inside of a number is no leading one.
        var start: Int64 = 0
        if left[place] == "0" || right[place] == "0" {
            let digits = left[..<place].reversed().prefix(while: GoText.isDigit)
            if digits.contains(where: { $0 != "0" }) { start = 1 }
        }
        let first = number(left[place...], start), second = number(right[place...], start)
        if first.value != second.value { return first.value < second.value }
        if first.digits != second.digits { return first.digits < second.digits }
        return left[place] < right[place]
    }

    private static func number(_ scalars: ArraySlice<Unicode.Scalar>, _ start: Int64) -> (value: Int64, digits: Int) {
        let digits = scalars.prefix(while: GoText.isDigit)
        return (digits.reduce(start) { $0 &* 10 &+ (Int64($1.value) - 0x30) }, digits.count)
    }
}
