import Planning
import PlatformModel

/// How long one step may take.
struct StepLimit: Sendable, Hashable {
    var seconds: Int
    /// Who says so.
    var source: String

    /// What a definition says beside the inputs of its driver, which never sees it.
    static let input = KnownOutputs.stepSeconds
    static let longest = 86_400

    /// - Parameter inputs: `{"values": {...}, ...}`.
    /// - Throws: `StepFailure` for one that makes no sense.
    init(inputs: JSON, object: String, default seconds: Int) throws {
        guard let asked = inputs["values"]?[Self.input], !asked.isNull else {
            self.init(seconds: seconds, source: "the orchestrator's engine.step_timeout_seconds")
            return
        }
        guard let limit = asked.int ?? asked.string.flatMap({ Int($0) }), (1...Self.longest).contains(limit) else {
            throw StepFailure(
                object: object, code: "DEP-205",
                message:
                    "driver_inputs.values.\(Self.input) is a number of seconds from 1 to \(Self.longest), not \(asked.canonical)",
                type: "provision")
        }
        self.init(seconds: limit, source: "its definition's \(Self.input)")
    }

    init(seconds: Int, source: String) {
        self.seconds = seconds
        self.source = source
    }

    /// The narrower of this one and what the environment's type allows.
    func narrowed(by limits: EnvironmentTypeLimits) -> StepLimit {
        guard let most = limits.step, most < seconds else { return self }
        return StepLimit(seconds: most, source: "the limit of the environment type '\(limits.type)' for each step")
    }

    /// The inputs as the driver gets them.
    static func removed(from inputs: JSON) -> JSON { KnownOutputs.inputs(forDriver: inputs) }

    /// What became of a step that was told to stop because of it.
    func failure(_ object: String, runnerSays message: String, type: String, isUnknown: Bool) -> StepFailure {
        StepFailure(
            object: object, code: "DEP-203",
            message:
                "took longer than \(seconds) s (\(source)) and was told to stop: \(message). Raise that limit, or see what holds it up; "
                + "then 'martlet retry deployment'",
            type: type, isUnknown: isUnknown)
    }
}
