import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import ServiceAPI
import Synchronization

/// Answers the requests of connections by a router.
struct RequestServer: Sendable {
    let setup: ConnectionSetup
    let responder: RouterResponder<RoomContext>
    let logger: Logger
    /// For requests with others behind them: whoever does not wait for answers gets them in turn with all who do not.
    let turns = AsyncSlots(RequestServer.pipelined)
    let isDraining: @Sendable () -> Bool

    /// Such requests at work at a time.
    private static let pipelined = 2

    func serve(_ accepted: ConnectionSetup.Accepted) async {
        let connection = accepted.connection
        let http1 = setup.http1(connection.backlog) { request, writer, _ in try await answer(request, writer, connection) }
        await http1.handle(value: accepted.take(), logger: logger)
    }

    private func answer(_ request: Request, _ writer: consuming ResponseWriter, _ connection: Connection) async throws {
        let turn = try await turn(of: connection)
        defer { turn?.end() }
        let id = Self.requestID(of: request, connection)
        var logger = logger
        logger[metadataKey: "request_id"] = "\(id)"
        let context = RoomContext(source: RoomContextSource(connection: connection, requestID: id, logger: logger))
        if Self.awaitsContinue(request) { try await writer.writeInformationalHead(HTTPResponse(status: .continue)) }
        var response: Response
        do {
            response = try await RequestTrace.$id.withValue(id) { try await responder.respond(to: request, context: context) }
        } catch let error as HTTPParserError {
            throw error
        } catch {
            logger.error("a request failed outside its route", metadata: ["cause": "\(error)"])
            response = Response(HTTPFailure(.internalServerError, "internal", "something went wrong here"))
        }
        response.headers[.date] = HTTPDate.now()
        // What is left of a refused body is not worth reading.
        let cuts = response.status == .contentTooLarge
        if cuts || isDraining() { response.headers[.connection] = "close" }
        try await writer.write(response: response.head, body: response.body)
        // Written, and not only handed to the event loop: answers that are made faster than it writes them would stand in its queue, and
        // before whatever anybody else wants of it.
        if turn != nil { try await connection.channel.eventLoop.submit {}.get() }
        if cuts { try await Self.linger(connection.channel) }
    }

    /// Waits for a turn where others wait behind the request: of those who send ahead so many are at work at a time, however many
    /// connections they have.
    private func turn(of connection: Connection) async throws -> Turn? {
        guard connection.backlog.hasNext else { return nil }
        guard await turns.take() else { throw CancellationError() }
        let turn = Turn(turns, connection.channel.eventLoop)
        guard connection.channel.isActive else {
            turn.end()
            throw CancellationError()
        }
        return turn
    }

    /// Lets the client read its answer before the connection goes: a close with unread bytes would reset it.
    private static func linger(_ channel: any Channel) async throws {
        try? await channel.close(mode: .output).get()
        try await Task.sleep(for: .milliseconds(500))
        throw CancellationError()
    }

    /// The caller's id for all that one client's request causes; only rooms are asked to choose it.
    private static func requestID(of request: Request, _ connection: Connection) -> String {
        if case .room = connection.origin, let id = request.headers[RoomHeader.requestID], (1...64).contains(id.utf8.count) {
            return id
        }
        let text = String(UInt64.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }

    /// A client that waits is told to go on, unless its body is sure to be refused by every ordinary route.
    private static func awaitsContinue(_ request: Request) -> Bool {
        guard request.headers[.expect]?.lowercased() == "100-continue" else { return false }
        guard let length = request.headers[.contentLength].flatMap(Int.init) else { return true }
        return length <= RouteGroup.defaultBodyLimit
    }
}

/// One of the places of those who are served in turn, until the answer is written; a second at most, so that neither a slow reader nor a
/// long stream keeps it.
private final class Turn: Sendable {
    private static let longest = TimeAmount.seconds(1)

    private let turns: AsyncSlots
    private let hasEnded = Atomic(false)
    private let timer = Mutex<Scheduled<Void>?>(nil)

    init(_ turns: AsyncSlots, _ loop: any EventLoop) {
        self.turns = turns
        let scheduled = loop.scheduleTask(in: Self.longest) { self.end() }
        timer.withLock { $0 = scheduled }
    }

    func end() {
        guard !hasEnded.exchange(true, ordering: .relaxed) else { return }
        timer.withLock { $0 }?.cancel()
        turns.give()
    }
}
