import HTTPTypes
import Hummingbird
import NIOCore
import PlatformModel

extension Response {
    /// A JSON answer with sorted keys.
    package static func json(
        _ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) throws(JSONError) -> Response {
        json(bytes: try JSON.encode(value), status: status, headers: headers)
    }

    /// An answer of JSON text that is already made.
    package static func json(bytes: [UInt8], status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// An answer without a body, such as 204.
    package static func empty(_ status: HTTPResponse.Status = .noContent, headers: HTTPFields = [:]) -> Response {
        Response(status: status, headers: headers)
    }

    /// The failure as the whole platform answers it.
    package init(_ failure: HTTPFailure) {
        let body: JSON = ["error": .string(failure.body.error), "message": .string(failure.body.message)]
        var object = body.object ?? [:]
        object["details"] = failure.body.details
        self = .json(bytes: Array(JSON.object(object).canonical.utf8), status: failure.status, headers: failure.headers)
    }
}
