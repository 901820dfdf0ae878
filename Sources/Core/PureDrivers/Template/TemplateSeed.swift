import PlatformModel
import Synchronization

/// An endless row of bytes out of a seed: the hashes of seed, template and a counter. Each template has its own row, so that a new
/// one does not change what the others drew.
final class TemplateSeed: Sendable {
    private struct State {
        var counter: UInt64 = 0
        var rest: [UInt8] = []
    }

    private let prefix: [UInt8]
    private let state = Mutex(State())

    init(_ seed: String, template: String) { prefix = Array("\(seed)\n\(template)\n".utf8) }

    /// A fresh seed of 32 bytes, in hex, and the time at which certificates that are made from it begin.
    static func make(_ randomBytes: @Sendable (Int) -> [UInt8], now: Timestamp) -> String {
        Hexadecimal.encode(randomBytes(32)) + "@\(now.milliseconds)"
    }

    /// When a seed was made; nil for one that does not say.
    static func time(of seed: String) -> Timestamp? {
        guard let mark = seed.firstIndex(of: "@") else { return nil }
        return Int64(seed[seed.index(after: mark)...]).map(Timestamp.init(milliseconds:))
    }

    func next(_ count: Int) -> [UInt8] {
        state.withLock { state in
            while state.rest.count < count {
                state.rest += SHA256.digest(prefix + Array(String(state.counter).utf8))
                state.counter += 1
            }
            defer { state.rest.removeFirst(count) }
            return Array(state.rest.prefix(count))
        }
    }
}
