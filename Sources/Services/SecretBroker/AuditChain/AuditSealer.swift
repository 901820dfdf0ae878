import AuditRules
import AuditSealing
import FaultPoints
import Logging
import PlatformModel
import Postgres
import ServiceLifecycle
import Synchronization

/// Puts what the rooms have appended to the audit log into one chain, and signs its end. One at a time over all hosts; the others look on
/// and keep the signed end, too.
final class AuditSealer: Service {
    struct Limits: Sendable {
        /// At most a second behind.
        var pause = Duration.milliseconds(500)
        /// Entries of one transaction.
        var batch = 500
        /// How often the end of the chain is kept outside of the database.
        var keepsEvery = Duration.seconds(60)
        /// Entries older than so many days go.
        var days = 400
        var dropsEvery = Duration.seconds(600)
    }

    private struct State {
        var kept: AuditMark?
        var keptAt: ContinuousClock.Instant?
        var droppedAt: ContinuousClock.Instant?
        var behind = 0.0
        var isFailing = false
    }

    private let database: PostgresPool
    private let keys: [AuditKey]
    private let key: AuditKey
    private let file: HeadFile
    private let limits: Limits
    private let logger: Logger
    private let state: Mutex<State>

    /// - Parameter retired: Keys that may have signed the present end.
    init(
        database: PostgresPool, key: AuditKey, retired: [AuditKey], file: HeadFile, limits: Limits = Limits(), logger: Logger
    ) {
        self.database = database
        self.key = key
        keys = [key] + retired
        self.file = file
        self.limits = limits
        self.logger = logger
        state = Mutex(State(kept: file.last()))
    }

    /// How long the oldest entry that is not sealed has waited, in seconds.
    var behind: Double { state.withLock(\.behind) }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let isFull = await self.round()
                // Cancelled: the loop ends.
                if !isFull { try? await Task.sleep(for: self.limits.pause) }
            }
        }
        if let head = try? await AuditChainStore.end(database).head { keep(head, always: true) }
    }

    /// - Returns: Whether more waits.
    private func round() async -> Bool {
        do {
            let (head, somethingWaits) = try await AuditChainStore.end(database)
            if let head { keep(head) }
            var count = 0
            if somethingWaits { count = try await seal() } else { state.withLock { $0.behind = 0 } }
            if count == 0 { try await dropOld() }
            if state.withLock({ state in
                defer { state.isFailing = false }
                return state.isFailing
            }) {
                logger.notice("the audit log is sealed again")
            }
            return count == limits.batch
        } catch {
            guard !Task.isCancelled else { return false }
            // Once, and not twice a second.
            let isNews = state.withLock { state in
                defer { state.isFailing = true }
                return !state.isFailing
            }
            if isNews { logger.error("the audit log is not sealed; its entries wait", metadata: ["cause": "\(error)"]) }
            return false
        }
    }

    /// - Returns: How many entries were sealed.
    @discardableResult
    func seal() async throws -> Int {
        let count = try await database.withTransaction { transaction in
            guard try await AuditChainStore.lock(transaction) else { return 0 }
            let unsealed = try await AuditChainStore.unsealed(limit: limits.batch, transaction)
            state.withLock { $0.behind = unsealed.oldest }
            guard !unsealed.records.isEmpty else { return 0 }
            // Behind an end that somebody else wrote, nothing of ours follows.
            if let head = unsealed.head, !AuditKey.isSigned(head, by: keys) { throw ForeignHead(number: head.number) }
            var chain = AuditChain(after: unsealed.head)
            let hashes = unsealed.records.map { chain.append($0) }
            let head = try key.sign(
                AuditMark(kind: .head, number: chain.number, hash: chain.hash, at: unsealed.now, key: key.publicKey))
            try await BrokerFaults.beforeSeal.reach()
            guard
                try await AuditChainStore.seal(
                    unsealed.records.map(\.id), hashes: hashes, after: unsealed.head?.number ?? 0, head, transaction)
            else { return 0 }
            return hashes.count
        }
        if count > 0 { try await BrokerFaults.afterSeal.reach() }
        return count
    }

    private struct ForeignHead: Error, CustomStringConvertible {
        let number: Int64
        var description: String {
            "the chain's end at entry \(number) is not signed by a key of this broker: see martlet-admin audit verify"
        }
    }

    /// Writes the signed end where the database's administrator does not reach it, now and then.
    func keep(_ head: AuditMark, always: Bool = false) {
        let now = ContinuousClock.now
        let (isDue, earlier) = state.withLock { state in
            let isNews = state.kept?.number != head.number || state.kept?.hash != head.hash
            let isDue = isNews && (always || state.keptAt.map { now - $0 >= limits.keepsEvery } ?? true)
            defer { if isDue { (state.kept, state.keptAt) = (head, now) } }
            return (isDue, state.kept)
        }
        guard isDue else { return }
        if let earlier, earlier.number > head.number {
            logger.critical(
                "ALERT: the audit log ends before where it has been signed",
                metadata: [
                    "signed": "\(earlier.number)", "now": "\(head.number)",
                    "remedy": "martlet-admin audit verify --head \(file.path)",
                ])
        }
        logger.info("the end of the audit log", metadata: ["head": "\(head.line)"])
        do { try file.append(head) } catch {
            logger.error("the end of the audit log is not kept in its file", metadata: ["cause": "\(error)"])
        }
    }

    /// Drops what is older than it is to be kept, from the beginning of the chain.
    func dropOld() async throws {
        let now = ContinuousClock.now
        guard state.withLock({ $0.droppedAt.map { now - $0 >= limits.dropsEvery } ?? true }) else { return }
        let isDone = try await database.withTransaction { transaction in
            guard try await AuditChainStore.lock(transaction),
                let last = try await AuditChainStore.droppable(days: limits.days, limit: limits.batch, transaction)
            else { return true }
            let start = try key.sign(
                AuditMark(kind: .start, number: last.number, hash: last.hash, at: last.now, key: key.publicKey))
            return try await AuditChainStore.drop(through: start, transaction) == 0
        }
        if isDone { state.withLock { $0.droppedAt = now } }
    }
}
