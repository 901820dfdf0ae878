import Testing

@testable import DirectoryRules

@Suite struct IdentityAttributeTests {
    private let guid: [UInt8] = [0xcb, 0x8a, 0x5e, 0x90, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0, 1, 2, 3, 4, 5]

    /// As Active Directory's own tools write it (MS-DTYP 2.3.4.3).
    @Test func t19ObjectGUID() throws {
        let attribute = IdentityAttribute("objectGUID")
        let text = try #require(attribute.text(of: guid))
        #expect(text == "905e8acb-3412-7856-9abc-000102030405")
        #expect(attribute.filter(for: text) == "(objectGUID=\\cb\\8a\\5e\\90\\12\\34\\56\\78\\9a\\bc\\00\\01\\02\\03\\04\\05)")
        #expect(attribute.text(of: Array(guid.dropLast())) == nil)
        for wrong in ["", "*", "905e8acb", "905e8acb-3412-7856-9abc-00010203040g", "905e8acb-3412-7856-9abc-0001020304055"] {
            #expect(attribute.filter(for: wrong) == nil)
        }
    }

    @Test func t19EntryUUID() {
        let attribute = IdentityAttribute("entryUUID")
        let upper = "12345678-ABCD-1234-ABCD-1234567890AB"
        #expect(attribute.text(of: Array(upper.utf8)) == upper.lowercased())
        #expect(attribute.filter(for: upper.lowercased()) == "(entryUUID=12345678-abcd-1234-abcd-1234567890ab)")
        #expect(IdentityAttribute("nsUniqueId").text(of: Array("3d2a-X".utf8)) == "3d2a-X")
        #expect(IdentityAttribute("nsUniqueId").filter(for: "a*)(b") == "(nsUniqueId=a\\2a\\29\\28b)")
        for wrong in ["", "a b", "a\nb", String(repeating: "x", count: 201)] {
            #expect(attribute.text(of: Array(wrong.utf8)) == nil)
            #expect(attribute.filter(for: wrong) == nil)
        }
        #expect(attribute.text(of: [0xff, 0xfe]) == nil)
    }
}

@Suite struct AccountStateTests {
    private static let now: Int64 = 1_795_000_000

    @Test(arguments: [
        ("useraccountcontrol", "514"), ("useraccountcontrol", "66050"), ("accountexpires", "133000000000000000"),
        ("pwdaccountlockedtime", "000001010000Z"), ("shadowexpire", "1"), ("shadowexpire", "0"), ("shadowexpire", "20775"),
        ("nsaccountlock", "TRUE"), ("logindisabled", "true"),
    ]) func t18Disabled(_ name: String, _ value: String) {
        #expect(AccountState.whyDisabled([name: [value]], now: Self.now) != nil)
    }

    @Test(arguments: [
        ("useraccountcontrol", "512"), ("useraccountcontrol", "66048"), ("useraccountcontrol", "x"), ("accountexpires", "0"),
        ("accountexpires", "9223372036854775807"), ("accountexpires", "144000000000000000"),
        // Locked by wrong passwords, which anybody can send.
        ("pwdaccountlockedtime", "20261122080000Z"), ("shadowexpire", "-1"), ("shadowexpire", "20776"),
        ("nsaccountlock", "false"),
    ]) func t18InUse(_ name: String, _ value: String) {
        #expect(AccountState.whyDisabled([name: [value]], now: Self.now) == nil)
        #expect(AccountState.whyDisabled([:], now: Self.now) == nil)
    }
}

@Suite struct ServerOrderTests {
    @Test func inOrderAndWhatFailedComesLast() {
        var order = ServerOrder(count: 3)
        #expect(order.order(now: 0) == [0, 1, 2])
        order.failed(0, now: 100)
        #expect(order.order(now: 100) == [1, 2, 0] && order.order(now: 129) == [1, 2, 0])
        #expect(order.order(now: 130) == [0, 1, 2])
        order.failed(1, now: 110)
        #expect(order.order(now: 111) == [2, 0, 1])
        order.answered(0)
        #expect(order.order(now: 111) == [0, 2, 1])
        for index in 0..<3 { order.failed(index, now: 200) }
        // All of them failed: each is tried again all the same.
        #expect(order.order(now: 201) == [0, 1, 2])
        order.failed(7, now: 1)
    }
}
