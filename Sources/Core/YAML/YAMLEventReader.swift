import CYAML

/// One event of libyaml's parser, copied out of C.
package struct YAMLEvent {
    package enum Kind {
        case documentStart
        case documentEnd
        case streamEnd
        case alias(String)
        case scalar(text: String, isPlain: Bool)
        case sequenceStart
        case sequenceEnd
        case mappingStart
        case mappingEnd
    }

    package var kind: Kind
    package var mark: YAMLMark
    package var anchor: String?
    package var tag: String?
}

/// libyaml's parser over bytes that outlive it. It lives on the heap because libyaml keeps a pointer to itself in it.
package struct YAMLEventReader: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let file: String
    private let bytes: UnsafeBufferPointer<UInt8>

    /// Nil when there is no memory.
    package init?(_ bytes: UnsafeBufferPointer<UInt8>, file: String) {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            return nil
        }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
        self.parser = parser
        self.file = file
        self.bytes = bytes
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    package mutating func next() throws(YAMLError) -> YAMLEvent {
        while true {
            var event = yaml_event_t()
            guard yaml_parser_parse(parser, &event) == 1 else { throw failure() }
            defer { yaml_event_delete(&event) }
            // The start of the stream says nothing.
            if event.type != YAML_STREAM_START_EVENT { return Self.copy(event) }
        }
    }

    private static func copy(_ event: yaml_event_t) -> YAMLEvent {
        let mark = mark(event.start_mark)
        switch event.type {
        case YAML_DOCUMENT_START_EVENT: return YAMLEvent(kind: .documentStart, mark: mark)
        case YAML_DOCUMENT_END_EVENT: return YAMLEvent(kind: .documentEnd, mark: mark)
        case YAML_SEQUENCE_END_EVENT: return YAMLEvent(kind: .sequenceEnd, mark: mark)
        case YAML_MAPPING_END_EVENT: return YAMLEvent(kind: .mappingEnd, mark: mark)
        case YAML_ALIAS_EVENT: return YAMLEvent(kind: .alias(text(event.data.alias.anchor) ?? ""), mark: mark)
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let content = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            return YAMLEvent(
                kind: .scalar(
                    text: String(decoding: content, as: UTF8.self), isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE),
                mark: mark, anchor: text(scalar.anchor), tag: text(scalar.tag))
        case YAML_SEQUENCE_START_EVENT:
            let start = event.data.sequence_start
            return YAMLEvent(kind: .sequenceStart, mark: mark, anchor: text(start.anchor), tag: text(start.tag))
        case YAML_MAPPING_START_EVENT:
            let start = event.data.mapping_start
            return YAMLEvent(kind: .mappingStart, mark: mark, anchor: text(start.anchor), tag: text(start.tag))
        default: return YAMLEvent(kind: .streamEnd, mark: mark)
        }
    }

    private static func text(_ pointer: UnsafePointer<UInt8>?) -> String? { pointer.map { String(cString: $0) } }

    private static func mark(_ mark: yaml_mark_t) -> YAMLMark {
        YAMLMark(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    }

    /// After an error: libyaml's own words, and the line as Go's port of it tells it; 0 where it names none.
    package var refusal: (problem: String, line: Int) {
        let problem = parser.pointee.problem.map { String(cString: $0) } ?? "unknown problem parsing YAML content"
        var line = Int(parser.pointee.problem_mark.line)
        if line == 0 { return (problem, Int(parser.pointee.context_mark.line)) }
        if parser.pointee.error == YAML_SCANNER_ERROR { line += 1 }
        return (problem, line)
    }

    private func failure() -> YAMLError {
        let problem = parser.pointee.problem.map { String(cString: $0) } ?? "the text cannot be read"
        if parser.pointee.error == YAML_READER_ERROR {
            let mark = YAMLDocument.mark(of: Int(parser.pointee.problem_offset), in: bytes)
            let code = String(parser.pointee.problem_value, radix: 16, uppercase: true)
            return YAMLError(
                .encoding, file: file, at: mark,
                "the character U+\(code) is not allowed in YAML; write it as an escape in double quotes")
        }
        var message = problem
        if let context = parser.pointee.context.map({ String(cString: $0) }) { message = "\(context): \(problem)" }
        let found = parser.pointee.problem_mark
        let mark = Self.mark(found)
        if problem.contains("cannot start any token"), mark.column > 0, YAMLDocument.byte(at: mark, in: bytes) == 0x09 {
            message = "a tab may not indent YAML; use spaces"
        } else if problem.contains("mapping values are not allowed") {
            message = "a ':' is not allowed here; is this line or the one above indented wrongly, or does the text need quotes?"
        } else if problem.contains("could not find expected ':'") || problem.contains("did not find expected key") {
            message += "; is the line above complete, and this one indented as its neighbours?"
        }
        return YAMLError(.syntax, file: file, at: mark, message)
    }
}
