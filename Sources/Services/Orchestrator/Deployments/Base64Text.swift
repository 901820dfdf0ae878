import FoundationEssentials

/// Base64 as clients send file content.
enum Base64Text {
    static func decode(_ text: String) -> [UInt8]? { Data(base64Encoded: text).map(Array.init) }
}
