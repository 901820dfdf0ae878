import PlatformModel

// Pipelines, commands and operands.
extension Evaluator {
    /// The value of a pipeline; declares or assigns its variables.
    mutating func evaluate(_ pipeline: Pipeline, dot: NamedValue) throws(TemplateError) -> TemplateValue {
        place = .pipeline(pipeline)
        var value: TemplateValue?
        for command in pipeline.commands {
            try spend()
            value = try evaluate(command, dot: dot, final: value).unwrapped
        }
        let result = value ?? .missing
        for variable in pipeline.variables {
            if pipeline.isAssignment {
                try assign(variable, NamedValue(value: result))
            } else {
                variables.append((variable, NamedValue(value: result)))
            }
        }
        return result
    }

    /// - Parameter final: the value of the command before it, its last argument.
    private mutating func evaluate(
        _ command: Command, dot: NamedValue, final: TemplateValue?
    ) throws(TemplateError) -> TemplateValue {
        let operand = command.operands[0], arguments = command.operands.dropFirst()
        if case .pipeline(let pipeline) = operand {
            try refuseArguments(command, final)
            return try evaluate(pipeline, dot: dot)
        }
        place = .operand(operand)
        switch operand {
        case .identifier(_, let name):
            return try call(name, at: .command(command), arguments: arguments, dot: dot, final: final)
        case .field(_, let names):
            return try fields(names, of: dot, arguments: arguments, dot: dot, final: final)
        case .chain(_, let inner, let names):
            if case .nil = inner { throw failure("indirection through explicit nil in \(operand.text)") }
            let receiver = NamedValue(value: try value(of: inner, dot: dot))
            return try fields(names, of: receiver, arguments: arguments, dot: dot, final: final)
        case .variable(_, let names) where names.count > 1:
            return try fields(names.dropFirst(), of: try variable(names[0]), arguments: arguments, dot: dot, final: final)
        default: break
        }
        try refuseArguments(command, final)
        if case .nil = operand { throw failure("nil is not a command") }
        return try value(of: operand, dot: dot)
    }

    /// An operand where any type will do.
    mutating func value(of operand: Operand, dot: NamedValue) throws(TemplateError) -> TemplateValue {
        place = .operand(operand)
        switch operand {
        case .identifier(_, let name): return try call(name, at: place, arguments: [], dot: dot, final: nil)
        case .field(_, let names): return try fields(names, of: dot, dot: dot)
        case .chain(_, let inner, let names):
            return try fields(names, of: NamedValue(value: try value(of: inner, dot: dot)), dot: dot)
        case .variable(_, let names):
            let held = try variable(names[0])
            return names.count == 1 ? held.value : try fields(names.dropFirst(), of: held, dot: dot)
        case .pipeline(let pipeline): return try evaluate(pipeline, dot: dot)
        case .bool(_, let value): return .bool(value)
        case .dot: return dot.value
        case .nil: return .null
        case .number(_, let number): return try constant(number)
        case .string(_, _, let text): return .string(text)
        }
    }

    /// A number where nothing says which type is wanted: its form decides.
    private func constant(_ number: NumberLiteral) throws(TemplateError) -> TemplateValue {
        if let complex = number.complex { return .object(complex) }
        if number.isFloatByForm, let float = number.float { return .float(float) }
        if let integer = number.integer { return .int(integer, .int) }
        throw failure("\(number.text) overflows int")
    }

    private func variable(_ name: String) throws(TemplateError) -> NamedValue {
        variables[try index(of: name)].held
    }

    private func refuseArguments(_ command: Command, _ final: TemplateValue?) throws(TemplateError) {
        if command.operands.count > 1 || final != nil {
            throw failure("can't give argument to non-function \(command.operands[0].text)")
        }
    }

    /// Members of members; the last one may be a method, which takes the arguments.
    private mutating func fields(
        _ names: some Collection<String>, of receiver: NamedValue, arguments: ArraySlice<Operand> = [], dot: NamedValue,
        final: TemplateValue? = nil
    ) throws(TemplateError) -> TemplateValue {
        var value = receiver.value, isFirst = true
        for (index, name) in names.enumerated() {
            let isLast = index == names.count - 1
            switch value {
            case .missing: return .missing
            case .null: throw failure("nil pointer evaluating interface {}.\(name)")
            case .dict(let map):
                if isLast, !arguments.isEmpty || final != nil { throw failure("\(name) is not a method but has arguments") }
                value = map.members[name] ?? .missing
            case .object(let object):
                guard let member = object.member(name) else {
                    throw failure("can't evaluate field \(name) in type \(object.typeName)")
                }
                value = try call(
                    member, name, at: place, arguments: isLast ? arguments : [], dot: dot, final: isLast ? final : nil)
            default:
                throw failure(
                    "can't evaluate field \(name) in type \(isFirst && !receiver.isBoxed ? value.typeName : "interface {}")")
            }
            isFirst = false
        }
        return value
    }
}

// Function calls.
extension Evaluator {
    private mutating func call(
        _ name: String, at callPlace: Place, arguments: ArraySlice<Operand>, dot: NamedValue, final: TemplateValue?
    ) throws(TemplateError) -> TemplateValue {
        guard let function = FunctionTable.standard.functions[name] else {
            throw failure("\(GoText.text(GoQuote.quote(Array(name.utf8)))) is not a defined function")
        }
        return try call(function, name, at: callPlace, arguments: arguments, dot: dot, final: final)
    }

    private mutating func call(
        _ function: TemplateFunction, _ name: String, at callPlace: Place, arguments: ArraySlice<Operand>, dot: NamedValue,
        final: TemplateValue?
    ) throws(TemplateError) -> TemplateValue {
        let count = arguments.count + (final == nil ? 0 : 1)
        if function.variadic != nil {
            if count < function.parameters.count {
                throw failure(
                    "wrong number of args for \(name): want at least \(function.parameters.count) got \(arguments.count)")
            }
        } else if count != function.parameters.count {
            throw failure("wrong number of args for \(name): want \(function.parameters.count) got \(count)")
        }
        if name == "and" || name == "or" { return try logic(isOr: name == "or", arguments, dot: dot, final: final) }
        var values: [TemplateValue] = []
        values.reserveCapacity(count)
        for argument in arguments { values.append(try self.argument(argument, type: function.type(at: values.count), dot: dot)) }
        if let final { values.append(try validate(final, type: function.type(at: count - 1))) }
        let spent = place
        do {
            if !FunctionTable.constantTime.contains(name) { try state.read(values) }
            let result = try function.body(FunctionCall(arguments: values, state: state))
            if case .string(let text) = result {
                try state.admit(bytes: text.count)
                try state.spend(text.count / 64)
            }
            place = spent
            return result
        } catch {
            place = callPlace
            var message = error.message
            if name == "call", let operand = arguments.first {
                message = message.replacing("non-function of", with: "non-function \(operand.text) of")
            }
            throw error.isLimit ? failure(error) : failure("error calling \(name): \(message)")
        }
    }

    /// The first argument that decides, else the last; what comes after it is not evaluated.
    private mutating func logic(
        isOr: Bool, _ arguments: ArraySlice<Operand>, dot: NamedValue, final: TemplateValue?
    ) throws(TemplateError) -> TemplateValue {
        var last: TemplateValue = .missing
        for argument in arguments {
            last = try self.argument(argument, type: .value, dot: dot)
            if last.isTrue == isOr { return last }
        }
        return final ?? last
    }

    private mutating func argument(
        _ operand: Operand, type: ParameterType, dot: NamedValue
    ) throws(TemplateError) -> TemplateValue {
        place = .operand(operand)
        switch operand {
        case .nil:
            switch type {
            case .any: return .null
            case .value: return .missing
            case .dict: return .dict(GoMap(isNil: true))
            case .list: return .nilList
            default: throw failure("cannot assign nil to \(type.name)")
            }
        case .bool, .number, .string:
            return try literal(operand, type: type, dot: dot)
        default:
            let value = try value(of: operand, dot: dot)
            return try validate(value, type: type)
        }
    }

    private mutating func literal(
        _ operand: Operand, type: ParameterType, dot: NamedValue
    ) throws(TemplateError) -> TemplateValue {
        switch (type, operand) {
        case (.any, _), (.value, _): return try value(of: operand, dot: dot)
        case (.bool, .bool(_, let value)): return .bool(value)
        case (.string, .string(_, _, let text)): return .string(text)
        case (.int, .number(_, let number)) where number.integer != nil: return .int(number.integer ?? 0, .int)
        case (.float, .number(_, let number)) where number.float != nil: return .float(number.float ?? 0)
        case (.bool, _): throw failure("expected bool; found \(operand.text)")
        case (.string, _): throw failure("expected string; found \(operand.text)")
        case (.int, _): throw failure("expected integer; found \(operand.text)")
        case (.float, _): throw failure("expected float; found \(operand.text)")
        case (.dict, _), (.list, _), (.object, _): throw failure("can't handle \(operand.text) for arg of type \(type.name)")
        }
    }

    /// A value as an argument of a type, by Go's rule of assignability: nothing is converted.
    private func validate(_ value: TemplateValue, type: ParameterType) throws(TemplateError) -> TemplateValue {
        switch (type, value) {
        case (.value, _), (.any, _): return value
        case (.dict, .missing): return .dict(GoMap(isNil: true))
        case (.list, .missing): return .nilList
        case (_, .missing): throw failure("invalid value; expected \(type.name)")
        case (.bool, .bool), (.string, .string), (.int, .int(_, .int)), (.float, .float): return value
        case (.object(let name), .object(let object)) where object.typeName == name: return value
        case (.list, .list(let list)) where list.element == .any: return value
        case (.dict, .dict(let map)) where !map.holdsStrings: return value
        case (_, .null): throw failure("wrong type for value; expected \(type.name); got interface {}")
        default: throw failure("wrong type for value; expected \(type.name); got \(value.typeName)")
        }
    }
}
