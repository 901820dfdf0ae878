import AsyncHTTPClient
import HTTPTypes
import NIOCore
import NIOHTTP1

/// An answer whose body is read as it comes; reading it slowly slows the sender.
package struct HTTPBodyStream: AsyncSequence, Sendable {
    package typealias Element = ByteBuffer

    package let room: String
    package let status: Int
    package var headers: HTTPFields
    private let body: HTTPClientResponse.Body

    init(room: String, response: HTTPClientResponse) {
        self.room = room
        self.status = Int(response.status.code)
        self.headers = HTTPFields(response.headers)
        self.body = response.body
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let room: String
        fileprivate var base: HTTPClientResponse.Body.AsyncIterator

        package mutating func next() async throws -> ByteBuffer? {
            do { return try await base.next() } catch {
                throw RoomError(room: room, kind: FailedAttempt(error, isCancelled: Task.isCancelled).kind)
            }
        }
    }

    /// Only once.
    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(room: room, base: body.makeAsyncIterator()) }

    /// All of a short body; what is longer is `.malformed`.
    package func collect(upTo limit: Int) async throws(RoomError) -> [UInt8] {
        do { return Array(try await body.collect(upTo: limit).readableBytesView) } catch {
            throw RoomError(room: room, kind: FailedAttempt(error, isCancelled: Task.isCancelled).kind)
        }
    }
}

extension HTTPFields {
    /// The same fields; a name that is no token cannot have been sent and is left out.
    init(_ headers: HTTPHeaders) {
        self.init()
        for (name, value) in headers {
            if let name = HTTPField.Name(name) { append(HTTPField(name: name, value: value)) }
        }
    }
}
