import HTTPTypes
import PlatformModel

/// A whole answer with a status of success.
package struct HTTPAnswer: Sendable, Hashable {
    package let room: String
    package let status: Int
    package let headers: HTTPFields
    package let body: [UInt8]

    package init(room: String, status: Int, headers: HTTPFields, body: [UInt8]) {
        self.room = room
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The body as a wire type.
    package func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws(RoomError) -> Value {
        do throws(JSONError) {
            return try JSON.decode(type, from: body)
        } catch {
            throw RoomError(room: room, kind: .malformed(error.message))
        }
    }
}
