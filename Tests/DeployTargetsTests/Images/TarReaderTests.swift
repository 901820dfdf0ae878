import TestSupport
import Testing

@testable import DeployTargets

@Suite struct TarReaderTests {
    private func events(_ bytes: [UInt8], pieces: Int = 1 << 20) throws -> [TarEvent] {
        var reader = TarReader(), events: [TarEvent] = []
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            try reader.take(Array(bytes[start..<min(start + pieces, bytes.count)])) { events.append($0) }
        }
        try reader.finish()
        return events
    }

    /// Neighbouring pieces of content, joined.
    private func joined(_ events: [TarEvent]) -> [TarEvent] {
        events.reduce(into: []) { all, event in
            if case .bytes(let next) = event, case .bytes(let before)? = all.last {
                all[all.count - 1] = .bytes(ArraySlice(Array(before) + Array(next)))
            } else {
                all.append(event)
            }
        }
    }

    private static func pax(_ records: [(String, String)]) -> [UInt8] {
        records.flatMap { name, value -> [UInt8] in
            var length = name.utf8.count + value.utf8.count + 3
            while "\(length)".utf8.count + name.utf8.count + value.utf8.count + 3 != length { length += 1 }
            return Array("\(length) \(name)=\(value)\n".utf8)
        }
    }

    private static var example: TarArchive {
        var archive = TarArchive()
        archive.folder("bin")
        archive.file("bin/tool", Array("#!/bin/sh\n".utf8))
        archive.file("empty", [], mode: 0o644)
        archive.link("bin/sh", to: "tool")
        archive.raw("bin/again", type: "1", link: "bin/tool")
        archive.raw("dev", type: "3")
        archive.raw(
            "pax", type: "x", contents: pax([("path", String(repeating: "p/", count: 80) + "é"), ("SCHILY.xattr.user.a", "b")]))
        archive.raw("short", type: "0", contents: [1, 2, 3])
        archive.raw("long", type: "L", contents: Array((String(repeating: "l", count: 200) + "\0").utf8))
        archive.raw("short", type: "2", link: "x")
        archive.raw("comment", type: "g", contents: pax([("comment", "to all")]))
        archive.raw("old/", type: "\0")
        return archive
    }

    private static let wanted: [TarEvent] = [
        .entry(TarEntry(path: Array("bin/".utf8), kind: .folder)),
        .entry(TarEntry(path: Array("bin/tool".utf8), kind: .file(size: 10, isExecutable: true))),
        .bytes(ArraySlice("#!/bin/sh\n".utf8)), .fileEnd,
        .entry(TarEntry(path: Array("empty".utf8), kind: .file(size: 0, isExecutable: false))), .fileEnd,
        .entry(TarEntry(path: Array("bin/sh".utf8), kind: .symbolicLink(to: Array("tool".utf8)))),
        .entry(TarEntry(path: Array("bin/again".utf8), kind: .hardLink(to: Array("bin/tool".utf8)))),
        .entry(TarEntry(path: Array("dev".utf8), kind: .other)),
        .entry(TarEntry(path: Array((String(repeating: "p/", count: 80) + "é").utf8), kind: .file(size: 3, isExecutable: false))),
        .bytes([1, 2, 3]), .fileEnd,
        .entry(TarEntry(path: Array(String(repeating: "l", count: 200).utf8), kind: .symbolicLink(to: Array("x".utf8)))),
        .entry(TarEntry(path: Array("old/".utf8), kind: .folder)),
    ]

    /// However it is cut into pieces.
    @Test(arguments: [1, 7, 511, 512, 513, 4096, 1 << 20])
    func everyKindOfEntryIsRead(pieces: Int) throws {
        #expect(joined(try events(Self.example.bytes, pieces: pieces)) == Self.wanted)
    }

    @Test func whatFollowsTheEndIsNotRead() throws {
        #expect(try events(Self.example.bytes + [UInt8](repeating: 0xff, count: 5000)).count == Self.wanted.count)
    }

    @Test func aNumberInBase256IsRead() throws {
        var bytes = [UInt8](Self.example.bytes.prefix(512))
        bytes[124..<136] = [0x80, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 5]
        bytes[156] = UInt8(ascii: "0")
        bytes[3] = UInt8(ascii: "x")
        let sum = bytes.enumerated().reduce(0) { $0 + Int((148..<156).contains($1.offset) ? 0x20 : $1.element) }
        let octal = String(sum, radix: 8)
        bytes[148..<154] = ArraySlice((String(repeating: "0", count: 6 - octal.count) + octal).utf8)
        var reader = TarReader(), events: [TarEvent] = []
        try reader.take(bytes) { events.append($0) }
        #expect(events == [.entry(TarEntry(path: Array("binx".utf8), kind: .file(size: 0x10_0000_0005, isExecutable: true)))])
    }

    @Test func whatIsDamagedIsRefused() {
        func cut(_ change: (inout [UInt8]) -> Void) -> [UInt8] {
            var bytes = Self.example.bytes
            change(&bytes)
            return bytes
        }
        var strange = TarArchive(), sparse = TarArchive(), large = TarArchive(), wrong = TarArchive()
        strange.raw("x", type: "S")
        sparse.raw("x", type: "x", contents: Self.pax([("GNU.sparse.major", "1")]))
        large.raw("x", type: "x", contents: [UInt8](repeating: 0x20, count: (1 << 20) + 1))
        wrong.raw("x", type: "x", contents: Array("99 path=x\n".utf8))
        let cases: [(String, [UInt8], String)] = [
            ("cut", cut { $0.removeLast(1024) }, "cut off"), ("in a header", cut { $0.removeLast($0.count - 100) }, "cut off"),
            ("nothing", [], "cut off"), ("a bit", cut { $0[5] ^= 1 }, "sum is wrong"),
            ("a size", cut { $0[124] = UInt8(ascii: "9") }, "sum is wrong"), ("a type", strange.bytes, "a type that is not read"),
            ("sparse", sparse.bytes, "sparse"), ("large", large.bytes, "header of 1048577 bytes"),
            ("pax", wrong.bytes, "extended header"),
            ("no archive", [UInt8](repeating: 0x41, count: 2048), "a number"),
        ]
        for (name, bytes, words) in cases {
            let error = #expect(throws: ImageError.self, "\(name)") { try events(bytes) }
            #expect(error?.message.contains(words) == true, "\(name): \(error?.message ?? "")")
        }
    }
}
