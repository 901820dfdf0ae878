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
            try call.built(try GoJSONReader.read(call.string(0), state: call.state).value)
        }
        add("mustFromJson", [.string]) { call throws(FunctionFailure) in
            let (value, mistake) = try GoJSONReader.read(call.string(0), state: call.state)
            if let mistake { throw FunctionFailure(mistake) }
            return try call.built(value)
        }
        // As Helm has them: no newline at the end; what is wrong with a text is a member that the template can look at.
        add("toYaml", [.any]) { call throws(FunctionFailure) in
            guard let text = GoYAMLWriter.text(of: try call.built(call[0])) else { return .string("") }
            return .string(text.hasSuffix("\n") ? String(text.dropLast()) : text)
        }
        add("fromYaml", [.string]) { call throws(FunctionFailure) in
            do throws(FunctionFailure) {
                return try call.built(.dict(try GoYAMLReader.members(of: call.string(0), state: call.state)))
            } catch {
                if error.isLimit { throw error }
                return .dict(["Error": .string(error.message)])
            }
        }
    }
}
