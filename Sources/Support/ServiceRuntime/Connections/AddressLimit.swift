import Logging
import NIOCore
import Synchronization

/// How many connections one address of the network has open: nobody takes all that there can be.
final class AddressLimit: Sendable {
    private let most: Int
    private let counts = Mutex<[String: Int]>([:])
    private let complaints: Complaints

    /// - Parameter most: 0: no limit.
    init(most: Int, complaints: Complaints) {
        self.most = most
        self.complaints = complaints
    }

    /// False when the address has as many as there can be; otherwise the connection counts until it ends.
    func admit(_ address: String, _ channel: any Channel) -> Bool {
        guard most > 0 else { return true }
        let isAdmitted = counts.withLock { counts in
            guard counts[address, default: 0] < most else { return false }
            counts[address, default: 0] += 1
            return true
        }
        guard isAdmitted else {
            complaints.note(
                "connections of an address that has too many were refused", ["address": "\(address)", "most": "\(most)"])
            return false
        }
        channel.closeFuture.whenComplete { _ in
            self.counts.withLock { counts in
                let left = counts[address, default: 1] - 1
                counts[address] = left > 0 ? left : nil
            }
        }
        return true
    }
}

/// Says in the log what clients do wrong, and how often, without letting them fill it.
final class Complaints: Sendable {
    private static let pause = Duration.seconds(10)

    private let logger: Logger
    private let state = Mutex<[String: (count: Int, said: ContinuousClock.Instant)]>([:])

    init(logger: Logger) { self.logger = logger }

    /// - Parameter what: One of a few.
    func note(_ what: String, _ metadata: Logger.Metadata = [:]) {
        let now = ContinuousClock.now
        let count = state.withLock { state -> Int? in
            let before = state[what], count = (before?.count ?? 0) + 1
            guard let before, now - before.said < Self.pause else {
                state[what] = (0, now)
                return count
            }
            state[what] = (count, before.said)
            return nil
        }
        guard let count else { return }
        logger.warning("\(what)", metadata: metadata.merging(["count": "\(count)"]) { $1 })
    }
}
