import Testing

@testable import PlatformModel

@Suite struct EntityTagTests {
    private let tag = EntityTag(of: Array("{}".utf8))

    @Test func aTagIsOfTheBytes() {
        #expect(tag == EntityTag(of: Array("{}".utf8)) && tag != EntityTag(of: Array("{} ".utf8)))
        #expect(tag.description.count == 34 && tag.description.hasPrefix("\"") && tag.description.hasSuffix("\""))
    }

    @Test func whatIfMatchNames() {
        for header in ["*", tag.description, "\"a\", \(tag)", "\(tag),\"b\"", " \(tag)\t"] {
            #expect(tag.isAmong(header), "\(header)")
        }
        for header in ["", "\"a\"", "W/\(tag)", String(tag.description.dropFirst().dropLast()), "**", "\(tag)\(tag)"] {
            #expect(!tag.isAmong(header), "\(header)")
        }
    }
}
