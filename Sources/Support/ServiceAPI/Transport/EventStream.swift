import NIOCore
import PlatformModel

/// The events of a stream, across reconnects: after a break it connects again and resumes after the last event seen. Pulled by its
/// reader, so a slow reader slows the sender. Ends after the `end` event, or when the server answers 204.
package struct EventStream: AsyncSequence, Sendable {
    package typealias Element = StreamEvent
    package typealias Failure = RoomError

    private let lastEventID: String
    private let patience: Duration
    private let connect: @Sendable (_ lastEventID: String) async throws(RoomError) -> HTTPBodyStream

    /// - Parameters:
    ///   - lastEventID: The last event that the reader has seen; empty for the beginning.
    ///   - patience: How long without any event or connection before the break is thrown.
    ///   - connect: Opens the stream after an event.
    package init(
        lastEventID: String = "", patience: Duration = .seconds(60),
        connect: @escaping @Sendable (_ lastEventID: String) async throws(RoomError) -> HTTPBodyStream
    ) {
        self.lastEventID = lastEventID
        self.patience = patience
        self.connect = connect
    }

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(parser: ServerSentEventParser(lastEventID: lastEventID), patience: patience, connect: connect)
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var parser: ServerSentEventParser
        fileprivate let patience: Duration
        fileprivate let connect: @Sendable (_ lastEventID: String) async throws(RoomError) -> HTTPBodyStream
        private var body: HTTPBodyStream.AsyncIterator?
        private var pending: ArraySlice<StreamEvent> = []
        private var isEnded = false
        private var brokenSince: ContinuousClock.Instant?
        private var pause = Duration.milliseconds(50)

        fileprivate init(
            parser: ServerSentEventParser, patience: Duration,
            connect: @escaping @Sendable (_ lastEventID: String) async throws(RoomError) -> HTTPBodyStream
        ) {
            self.parser = parser
            self.patience = patience
            self.connect = connect
        }

        package typealias Failure = RoomError

        package mutating func next() async throws(RoomError) -> StreamEvent? {
            while !isEnded {
                if let event = pending.popFirst() {
                    guard event.event != StreamEvent.endEvent else { break }
                    return event
                }
                do throws(RoomError) {
                    try await readMore()
                } catch {
                    try await waitAfter(error)
                }
            }
            isEnded = true
            body = nil
            return nil
        }

        /// Connects if need be, and reads the next piece into `pending`.
        private mutating func readMore() async throws(RoomError) {
            guard var body else {
                let stream = try await connect(parser.lastEventID)
                if stream.status == 204 { isEnded = true }
                // What a broken connection left half told is told again by the server.
                parser = ServerSentEventParser(lastEventID: parser.lastEventID, limit: parser.limit)
                body = stream.makeAsyncIterator()
                return
            }
            let piece: ByteBuffer?
            do { piece = try await body.next() } catch {
                throw error as? RoomError ?? RoomError(room: "stream", kind: .unreachable(reason: "\(error)", made: true))
            }
            guard let piece else {
                throw RoomError(room: "stream", kind: .unreachable(reason: "the stream broke off", made: true))
            }
            self.body = body
            do throws(ServerSentEventParser.Overflow) { pending = try parser.push(piece.readableBytesView)[...] } catch {
                isEnded = true
                throw RoomError(room: "stream", kind: .malformed(error.description))
            }
            (brokenSince, pause) = (nil, .milliseconds(50))
        }

        /// Waits before the next connection; throws what no waiting repairs.
        private mutating func waitAfter(_ error: RoomError) async throws(RoomError) {
            body = nil
            let since = brokenSince ?? .now
            brokenSince = since
            guard error.isTransient, !isEnded, ContinuousClock.now - since < patience else {
                isEnded = true
                throw error
            }
            let floor = parser.retryMilliseconds.map { Duration.milliseconds(Swift.min($0, 10_000)) } ?? .zero
            do { try await Task.sleep(for: Swift.max(floor, pause * Double.random(in: 0.5...1))) } catch {
                isEnded = true
                throw RoomError(room: "stream", kind: .cancelled)
            }
            pause = Swift.min(pause * 2, .seconds(2))
        }
    }
}
