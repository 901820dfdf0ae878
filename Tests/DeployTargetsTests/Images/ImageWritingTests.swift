import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import DeployTargets

/// Archives that want more than to be an image (T52).
@Suite struct ImageWritingTests {
    private let outer: TemporaryFolder

    init() throws {
        outer = try TemporaryFolder("image")
        for name in ["root", "victim"] { #expect(mkdir(outer.file(name), 0o755) == 0) }
        try outer.write("theirs", to: "victim/file")
    }

    private func unpack(_ archive: TarArchive, limits: ImageLimits = ImageLimits()) throws {
        let unpacker = try ImageUnpacker(into: outer.file("root"), limits: limits)
        try unpacker.take(archive.bytes)
        try unpacker.finish()
    }

    /// Everything that stands, with type and mode.
    private func standing() throws -> [String] {
        try Command.output("/usr/bin/find", [outer.path, "-mindepth", "1", "-printf", "%y %m %P\n"]).split(separator: "\n").map(
            String.init
        ).sorted()
    }

    private static let untouched = ["d 755 root", "d 755 victim", "f 644 victim/file"]

    @Test func anImageIsWrittenAsItIs() throws {
        var archive = TarArchive()
        archive.folder("./")
        archive.folder("private", mode: 0o700)
        archive.file("private/tool", Array("tool".utf8), mode: 0o4750)
        archive.file("./deep/er/note", Array("note".utf8), mode: 0o600)
        archive.raw("again", type: "1", link: "./private/tool")
        archive.link("up", to: "../../victim/file")
        archive.raw("shown", type: "1", link: "up")
        archive.raw("disk", type: "4", mode: 0o666)
        archive.raw("null", type: "3", mode: 0o666)
        archive.raw("pipe", type: "6")
        try unpack(archive)
        #expect(
            try standing()
                == (Self.untouched + [
                    "d 755 root/deep", "d 755 root/deep/er", "d 755 root/private", "f 444 root/deep/er/note",
                    "f 555 root/again", "f 555 root/private/tool", "l 777 root/shown", "l 777 root/up",
                ]).sorted())
        #expect(outer.read("root/again") == "tool" && outer.read("root/deep/er/note") == "note")
    }

    @Test(arguments: [
        ("/etc/evil", "leads out"), ("../victim/evil", "leads out"), ("a/../../victim/evil", "leads out"),
        ("a/..", "leads out"), ("..", "leads out"), ("//evil", "leads out"), (".", "names no file"), ("", "names no file"),
        (String(repeating: "d/", count: 45) + "x/" + String(repeating: "y", count: 5), ""),
    ])
    func namesDoNotLeadOut(name: String, words: String) throws {
        var archive = TarArchive()
        archive.raw(name, type: "0", contents: Array("evil".utf8))
        if words.isEmpty { return try unpack(archive) }
        let error = #expect(throws: ImageError.self) { try unpack(archive) }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        #expect(try standing() == Self.untouched)
    }

    /// Every way of going through a link that an earlier entry made.
    @Test(arguments: ["0", "5", "1", "2"] as [Character], ["../victim", "/", "."])
    func linksAreNotGoneThrough(type: Character, target: String) throws {
        var archive = TarArchive()
        archive.file("real", Array("real".utf8))
        archive.link("way", to: target)
        archive.raw("way/evil" + (type == "5" ? "/x" : ""), type: type, link: "real", contents: type == "0" ? [1] : [])
        let error = #expect(throws: ImageError.self) { try unpack(archive) }
        #expect(error?.message.contains("leads through a link") == true, "\(error?.message ?? "")")
        #expect(outer.read("victim/file") == "theirs")
        #expect(try standing().filter { !$0.contains(" root/") } == Self.untouched)
    }

    @Test(arguments: [
        ("/etc/passwd", "leads out"), ("../victim/file", "leads out"), ("way/file", "leads through a link"),
        ("nothing", "No such file"),
        ("folder", "no file"), ("", "a folder"),
    ])
    func hardLinksStayInside(target: String, words: String) throws {
        var archive = TarArchive()
        archive.link("way", to: "../victim")
        archive.folder("folder")
        archive.raw("evil", type: "1", link: target)
        let error = #expect(throws: ImageError.self) { try unpack(archive) }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        #expect(try !standing().contains { $0.contains("evil") })
    }

    /// A link is not written through, and nothing is replaced.
    @Test func nothingIsThereTwice() throws {
        for second: Character in ["0", "1", "2"] {
            try? FileManager.default.removeItem(atPath: outer.file("root"))
            #expect(mkdir(outer.file("root"), 0o755) == 0)
            var archive = TarArchive()
            archive.file("real", [1])
            archive.link("x", to: "../victim/file")
            archive.raw("x", type: second, link: "real", contents: second == "0" ? Array("evil".utf8) : [])
            let error = #expect(throws: ImageError.self) { try unpack(archive) }
            #expect(error?.message.contains("twice") == true, "\(error?.message ?? "")")
            #expect(outer.read("victim/file") == "theirs")
        }
        var archive = TarArchive()
        archive.file("f", [1])
        archive.folder("f")
        #expect(throws: ImageError.self) { try unpack(archive) }
    }

    @Test func sizesAndCountsAreLimited() throws {
        var archive = TarArchive()
        for number in 0..<100 { archive.file("f\(number)", [UInt8](repeating: 1, count: 5000)) }
        try unpack(archive, limits: ImageLimits(imageBytes: 100 * 3 * 4096, totalBytes: 1 << 30, entries: 100))
        try? FileManager.default.removeItem(atPath: outer.file("root"))
        #expect(mkdir(outer.file("root"), 0o755) == 0)
        for (limits, words) in [
            (ImageLimits(imageBytes: 100 * 3 * 4096 - 1), "larger than"), (ImageLimits(entries: 99), "more than 99"),
        ] {
            let error = #expect(throws: ImageError.self) { try unpack(archive, limits: limits) }
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
            try? FileManager.default.removeItem(atPath: outer.file("root"))
            #expect(mkdir(outer.file("root"), 0o755) == 0)
        }
        // A size alone, with nothing behind it.
        var huge = TarArchive()
        huge.raw("x", type: "x", contents: Array("30 size=99999999999999999999999\n".utf8.prefix(32)))
        #expect(throws: ImageError.self) { try unpack(huge) }
    }

    @Test func messagesHaveNoControlCharacters() throws {
        var archive = TarArchive()
        archive.raw("../\u{1b}[31m\r\nevil", type: "0")
        let error = #expect(throws: ImageError.self) { try unpack(archive) }
        #expect(error?.message == "its entry '../[31mevil' leads out of the image")
    }
}
