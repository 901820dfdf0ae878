import PlatformModel
import YAML

// Sprig: JSON; Helm: YAML.
extension FunctionTable {
    mutating func addDocuments() {
        func addWriter(_ name: String, _ writer: GoJSON) {
            add(name, [.any]) { call throws(FunctionFailure) in .string(writer.text(try call.built(call[0]))) }
            alias("must" + name.prefix(1).uppercased() + name.dropFirst(), name)
        }
        addWriter("toJson", GoJSON())
        addWriter("toRawJson", GoJSON(escapesHTML: false))
        addWriter("toPrettyJson", GoJSON(isPretty: true))
        add("fromJson", [.string]) { call throws(FunctionFailure) in
            guard let json = try? JSON.parse(call.string(0)) else { return .null }
            return try call.built(TemplateValue(json))
        }
        add("mustFromJson", [.string]) { call throws(FunctionFailure) in
            let json: JSON
            do throws(JSONError) {
                json = try JSON.parse(call.string(0))
            } catch {
                throw FunctionFailure(error.message)
            }
            return try call.built(TemplateValue(json))
        }
        add("toYaml", [.any]) { call throws(FunctionFailure) in
            guard let json = JSON(try call.built(call[0])) else { return .string("") }
            var text = YAMLWriter().text(of: json)
            while text.hasSuffix("\n") { text.removeLast() }
            return .string(text)
        }
        add("fromYaml", [.string]) { call throws(FunctionFailure) in
            let node: YAMLNode
            do throws(YAMLError) {
                node = try YAMLDocument.parse(call.string(0), file: "fromYaml")
            } catch {
                // Helm's way: the error is a member that the template can look at.
                return .dict(["Error": .string(error.description)])
            }
            return try call.built(TemplateValue(node.json))
        }
    }
}

extension JSON {
    /// A value as JSON; nil for numbers that JSON has not. Whole floats are integers, as YAML writes them.
    init?(_ value: TemplateValue) {
        switch value {
        case .missing, .null: self = .null
        case .bool(let value): self = .bool(value)
        case .int(let value, _): self = .int(value)
        case .float(let value):
            guard value.isFinite else { return nil }
            self = Int64(exactly: value).map { .int($0) } ?? .double(value)
        case .string(let text): self = .string(GoText.text(text))
        case .object(let object): self = object.json
        case .list(let list):
            var elements: [JSON] = []
            for element in list.elements {
                guard let json = JSON(element) else { return nil }
                elements.append(json)
            }
            self = list.isNil ? .null : .array(elements)
        case .dict(let map):
            var members: [String: JSON] = [:]
            for (key, member) in map.members {
                guard let json = JSON(member) else { return nil }
                members[key] = json
            }
            self = map.isNil ? .null : .object(members)
        }
    }
}
