import Cryptography
import Testing

@Suite struct AESGCMTests {
    let key = SecretBytes([UInt8](repeating: 7, count: 32))
    let place = Array("orgs/acme/apps/shop#3".utf8)

    @Test func everyFlippedBitIsFound() throws {
        let sealed = try AESGCM.seal(SecretBytes(Array("hunter2".utf8)), key: key, associatedData: place)
        for index in sealed.indices {
            for bit in 0..<8 {
                var changed = sealed
                changed[index] ^= 1 << bit
                #expect(throws: CryptographyError.notAuthentic) {
                    try AESGCM.open(changed, key: key, associatedData: place)
                }
            }
        }
        #expect(try AESGCM.open(sealed, key: key, associatedData: place).copyText() == "hunter2")
    }

    @Test func anotherPlaceOrKeyOpensNothing() throws {
        let sealed = try AESGCM.seal(SecretBytes(Array("hunter2".utf8)), key: key, associatedData: place)
        #expect(throws: CryptographyError.notAuthentic) {
            try AESGCM.open(sealed, key: key, associatedData: Array("orgs/evil/apps/shop#3".utf8))
        }
        #expect(throws: CryptographyError.notAuthentic) {
            try AESGCM.open(sealed, key: SecretBytes([UInt8](repeating: 8, count: 32)), associatedData: place)
        }
    }

    @Test(arguments: 0..<28) func aShortenedTextIsNotAuthentic(_ count: Int) throws {
        let sealed = try AESGCM.seal(SecretBytes([]), key: key, associatedData: [])
        #expect(throws: CryptographyError.notAuthentic) {
            try AESGCM.open(Array(sealed.prefix(count)), key: key, associatedData: [])
        }
    }

    @Test func nonceIsNewEachTime() throws {
        let sealed = try (0..<100).map { _ in try AESGCM.seal(SecretBytes([1]), key: key, associatedData: []).prefix(12) }
        #expect(Set(sealed).count == 100)
    }

    @Test func aKeyOfTheWrongSizeIsRefused() {
        #expect(throws: CryptographyError.invalidInput("an AES-256 key has 32 bytes, this one 16")) {
            try AESGCM.seal(SecretBytes([1]), key: SecretBytes([UInt8](repeating: 0, count: 16)), associatedData: [])
        }
    }
}
