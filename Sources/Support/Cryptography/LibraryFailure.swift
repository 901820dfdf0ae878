import CCrypto

/// The error for a libcrypto call that failed, with libcrypto's own reason; empties this thread's error queue.
func libraryFailure(_ call: String) -> CryptographyError {
    let code = ERR_get_error()
    ERR_clear_error()
    guard code != 0 else { return .library(call) }
    var buffer = [CChar](repeating: 0, count: 256)
    ERR_error_string_n(code, &buffer, buffer.count)
    let text = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return .library("\(call): \(String(decoding: text, as: UTF8.self))")
}

/// Throws unless a libcrypto call answered 1.
func check(_ answer: Int32, _ call: String) throws(CryptographyError) {
    guard answer == 1 else { throw libraryFailure(call) }
}

/// The value of a libcrypto call that answers nil when it fails.
func check<Value>(_ answer: Value?, _ call: String) throws(CryptographyError) -> Value {
    guard let answer else { throw libraryFailure(call) }
    return answer
}
