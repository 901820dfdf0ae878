import PlatformModel

/// A value with fields and methods: a time, a version, a certificate.
protocol TemplateObject: Sendable {
    /// Go's `%T`.
    var typeName: String { get }
    /// Go's `reflect.Kind`.
    var kindName: String { get }
    /// Go's `%v`.
    var text: GoString { get }
    /// Go's `%#v`; nil where it is the `%v`.
    var syntax: GoString? { get }
    var json: JSON { get }
    func isEqual(to other: any TemplateObject) -> Bool
    /// A field or a method by its name.
    func member(_ name: String) -> TemplateFunction?
}

extension TemplateObject {
    var kindName: String { "struct" }
    var syntax: GoString? { nil }
    var json: JSON { .string(GoText.text(text)) }
}

extension TemplateObject where Self: Equatable {
    func isEqual(to other: any TemplateObject) -> Bool { self == (other as? Self) }
}

extension TemplateFunction {
    /// A field, or a method without arguments.
    static func field(_ value: @autoclosure @escaping @Sendable () -> TemplateValue) -> TemplateFunction {
        method([]) { _ in value() }
    }

    static func method(_ parameters: [ParameterType], _ body: @escaping Body) -> TemplateFunction {
        TemplateFunction(parameters: parameters, variadic: nil, body: body)
    }
}

/// A complex constant: Go has them, and prints them.
struct ComplexNumber: TemplateObject, Equatable {
    let real: Double
    let imaginary: Double

    var typeName: String { "complex128" }
    var kindName: String { typeName }
    var text: GoString {
        let imaginary = GoFloat.shortest(imaginary)
        let sign = imaginary.hasPrefix("-") || imaginary.hasPrefix("+") ? "" : "+"
        return Array("(\(GoFloat.shortest(real))\(sign)\(imaginary)i)".utf8)
    }
    func member(_ name: String) -> TemplateFunction? { nil }
}

/// What Sprig's certificate functions answer.
struct TemplateCertificate: TemplateObject, Equatable {
    static let typeName = "sprig.certificate"

    /// PEM.
    let certificate: String
    /// PEM.
    let key: String

    var typeName: String { Self.typeName }
    var text: GoString { Array("{\(certificate) \(key)}".utf8) }
    var json: JSON { ["Cert": .string(certificate), "Key": .string(key)] }

    func member(_ name: String) -> TemplateFunction? {
        switch name {
        case "Cert": .field(.string(certificate))
        case "Key": .field(.string(key))
        default: nil
        }
    }
}
