/// The changes of a zone's clock, as the tz database keeps them (RFC 8536, with all transitions written out).
struct TimeZoneFile {
    private var times: [Int64] = []
    private var kinds: [Int] = []
    private var zones: [GoTime.Zone] = []

    /// Reads the content of a file such as `/usr/share/zoneinfo/Europe/Berlin`; nil when it is none.
    init?(_ bytes: [UInt8]) {
        guard let first = Header(bytes, at: 0) else { return nil }
        // The first block has 32-bit times; the second, since version 2, has 64-bit ones.
        let isWide = first.version >= UInt8(ascii: "2")
        let start = isWide ? 44 + first.length(timeSize: 4) : 0
        guard let header = isWide ? Header(bytes, at: start) : first else { return nil }
        let size = isWide ? 8 : 4
        guard bytes.count >= start + 44 + header.length(timeSize: size), header.types > 0 else { return nil }
        var position = start + 44
        for index in 0..<header.transitions { times.append(Self.number(bytes, position + index * size, size)) }
        position += header.transitions * size
        kinds = bytes[position..<(position + header.transitions)].map(Int.init)
        position += header.transitions
        let names = position + header.types * 6
        for index in 0..<header.types {
            let at = position + index * 6
            let name = bytes[(names + min(Int(bytes[at + 5]), header.letters))..<(names + header.letters)].prefix { $0 != 0 }
            zones.append(.init(name: GoText.text(name), offset: Self.number(bytes, at, 4)))
        }
        guard kinds.allSatisfy({ $0 < zones.count }) else { return nil }
    }

    private struct Header {
        let version: UInt8
        let transitions, types, letters, leaps, standards, universals: Int

        init?(_ bytes: [UInt8], at start: Int) {
            guard bytes.count >= start + 44, bytes[start...].starts(with: "TZif".utf8) else { return nil }
            version = bytes[start + 4]
            let counts = (0..<6).map { Int(TimeZoneFile.number(bytes, start + 20 + 4 * $0, 4)) }
            guard counts.allSatisfy({ (0...100_000).contains($0) }) else { return nil }
            (universals, standards, leaps) = (counts[0], counts[1], counts[2])
            (transitions, types, letters) = (counts[3], counts[4], counts[5])
        }

        func length(timeSize: Int) -> Int {
            transitions * (timeSize + 1) + types * 6 + letters + leaps * (timeSize + 4) + standards + universals
        }
    }

    private static func number(_ bytes: [UInt8], _ start: Int, _ size: Int) -> Int64 {
        let value = bytes[start..<(start + size)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return size == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
    }

    /// What the clock shows at a moment, in seconds since 1970.
    func zone(at seconds: Int64) -> GoTime.Zone {
        guard let index = times.lastIndex(where: { $0 <= seconds }) else { return zones[0] }
        return zones[kinds[index]]
    }
}
