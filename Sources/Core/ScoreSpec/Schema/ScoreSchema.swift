/// The schema `score-v1b1` (draft 2020-12, https://score.dev/schemas/score), complete.
enum ScoreSchema {
    static let apiVersion = "score.dev/v1b1"

    static let root = Shape.object(
        ObjectShape(
            fields: [
                ("apiVersion", .choice([apiVersion])), ("metadata", metadata), ("service", service),
                ("containers", .map(key: .label, value: container, minimum: 1)),
                ("resources", .map(key: .label, value: resource)),
            ],
            required: ["apiVersion", "metadata", "containers"], hints: KeyHints.root))

    private static let annotations = Shape.map(key: .annotationKey, value: .string(nil))

    private static let metadata = Shape.object(
        ObjectShape(fields: [("name", .string(.label)), ("annotations", annotations)], required: ["name"], isOpen: true))

    private static let service = Shape.object(
        ObjectShape(fields: [("ports", .map(key: .label, value: port))], hints: KeyHints.service))

    private static let port = Shape.object(
        ObjectShape(
            fields: [("port", .integer(1...65535)), ("targetPort", .integer(1...65535)), ("protocol", .choice(["TCP", "UDP"]))],
            required: ["port"], hints: KeyHints.port, lone: "port"))

    private static let resource = Shape.object(
        ObjectShape(
            fields: [
                ("type", .string(.typeName)), ("class", .string(.typeName)), ("id", .string(.resourceID)),
                ("metadata", .object(ObjectShape(fields: [("annotations", annotations)], isOpen: true))),
                ("params", .object(ObjectShape(fields: [], isOpen: true))),
            ],
            required: ["type"], hints: KeyHints.resource, lone: "type"))

    private static let container = Shape.object(
        ObjectShape(
            fields: [
                ("image", .string(.notEmpty)), ("command", .list(.string(nil))), ("args", .list(.string(nil))),
                ("variables", .map(key: .variableName, value: .string(nil))), ("files", .map(key: nil, value: file)),
                ("volumes", .map(key: nil, value: volume)), ("resources", compute), ("livenessProbe", probe),
                ("readinessProbe", probe), ("before", .map(key: .label, value: before)),
            ],
            required: ["image"], hints: KeyHints.container, lone: "image"))

    private static let file = Shape.object(
        ObjectShape(
            fields: [
                ("mode", .string(.mode)), ("source", .string(.notEmpty)), ("content", .string(nil)),
                ("binaryContent", .string(nil)),
                ("noExpand", .boolean),
            ],
            choice: .exactlyOne(["content", "binaryContent", "source"]), hints: ["target": target], lone: "content"))

    private static let volume = Shape.object(
        ObjectShape(
            fields: [("source", .string(nil)), ("path", .string(nil)), ("readOnly", .boolean)], required: ["source"],
            hints: ["target": target], lone: "source"))

    private static let target = "'target' belongs to the deprecated list form; here the target is the key of the map: remove it"

    private static let before = Shape.object(
        ObjectShape(fields: [("ready", .choice(["started", "healthy", "complete"]))], required: ["ready"]))

    private static let compute = Shape.object(ObjectShape(fields: [("limits", amounts), ("requests", amounts)]))

    private static let amounts = Shape.object(ObjectShape(fields: [("memory", .string(.memory)), ("cpu", .string(.cpu))]))

    private static let probe = Shape.object(
        ObjectShape(
            fields: [
                ("httpGet", httpGet),
                ("exec", .object(ObjectShape(fields: [("command", .list(.string(nil)))], required: ["command"]))),
            ],
            choice: .atLeastOne(["httpGet", "exec"]), hints: KeyHints.probe))

    private static let httpGet = Shape.object(
        ObjectShape(
            fields: [
                ("port", .integer(1...65535)), ("path", .string(nil)), ("host", .string(.notEmpty)),
                ("scheme", .choice(["HTTP", "HTTPS"])),
                (
                    "httpHeaders",
                    .list(
                        .object(
                            ObjectShape(
                                fields: [("name", .string(.headerName)), ("value", .string(.notEmpty))],
                                required: ["name", "value"])))
                ),
            ],
            required: ["port", "path"]))
}
