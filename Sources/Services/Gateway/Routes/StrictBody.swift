import Hummingbird
import PlatformModel
import ServiceRuntime

/// Bodies of our own routes, on which an unknown field is a mistake and never ignored.
enum StrictBody {
    /// - Throws: 400 for no JSON; 422 naming each unknown field, or the first one of a wrong type.
    static func decode<Value: Decodable>(
        _ type: Value.Type, keys: [String], from request: Request, _ context: RoomContext
    ) async throws -> Value {
        let (body, fields) = try await object(in: request, context)
        let unknown = Problem.unknownFields(fields, known: keys)
        guard unknown.isEmpty else { throw HTTPFailure.invalid(unknown) }
        return try read(type, body)
    }

    /// Bodies of the contract's routes whose schema is open: a field that the route does not have is ignored, and never applied.
    static func open<Value: Decodable>(
        _ type: Value.Type, from request: Request, _ context: RoomContext
    ) async throws -> Value {
        try read(type, try await object(in: request, context).body)
    }

    private static func object(
        in request: Request, _ context: RoomContext
    ) async throws -> (body: JSON, fields: [String: JSON]) {
        let bytes = try await context.body(of: request), body: JSON
        do throws(JSONError) { body = try JSON.parse(bytes) } catch { throw HTTPFailure.badRequest("the body is not JSON") }
        guard let fields = body.object else { throw HTTPFailure.badRequest("the body is not a JSON object") }
        return (body, fields)
    }

    private static func read<Value: Decodable>(_ type: Value.Type, _ body: JSON) throws(HTTPFailure) -> Value {
        do throws(JSONError) { return try body.decode(type) } catch {
            throw HTTPFailure.invalid([Problem(code: "API-102", path: "", message: error.message)])
        }
    }
}
