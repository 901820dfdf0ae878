// Sprig: passwords, keys and certificates, by the library that the rendering was given.
extension FunctionTable {
    mutating func addKeys() {
        add("bcrypt", [.string]) { call throws(FunctionFailure) in .string(try Self.bcrypt(call.string(0), call)) }
        add("htpasswd", [.string, .string]) { call throws(FunctionFailure) in
            if call.string(0).contains(UInt8(ascii: ":")) { return .string("invalid username: \(call.text(0))") }
            return .string(call.string(0) + [UInt8(ascii: ":")] + Array(try Self.bcrypt(call.string(1), call).utf8))
        }
        add("derivePassword", [.int, .string, .string, .string, .string]) { call throws(FunctionFailure) in
            guard let counter = UInt32(exactly: call.int(0)) else { throw FunctionFailure("the counter must fit 32 bits") }
            let library = try call.cryptography(costs: 20)
            return .string(
                try DerivedPassword(counter: counter, user: call.string(3), site: call.string(4)).text(
                    call.text(1), password: call.string(2)
                ) { (password, salt) throws(FunctionFailure) in
                    try call.answer { () throws(TemplateCryptographyError) in try library.scrypt(password, salt: salt, count: 64)
                    }
                })
        }
        addEncryption()
        add("genPrivateKey", [.string]) { call throws(FunctionFailure) in try Self.privateKey(call) }
        addCertificates()
    }

    private static func bcrypt(_ password: GoString, _ call: FunctionCall) throws(FunctionFailure) -> String {
        let library = try call.cryptography(costs: 20), salt = call.state.environment.randomBytes(16)
        do throws(TemplateCryptographyError) {
            return try library.bcrypt(password, salt: salt)
        } catch {
            return "failed to encrypt string with bcrypt: \(error.message)"
        }
    }

    private static func privateKey(_ call: FunctionCall) throws(FunctionFailure) -> TemplateValue {
        let kind: TemplateKeyKind
        switch call.text(0) {
        case "", "rsa": kind = .rsa(4096)
        case "ecdsa": kind = .p256
        case "ed25519": kind = .ed25519
        case "dsa": throw FunctionFailure("DSA keys are no longer made; use rsa, ecdsa or ed25519")
        default: return .string("Unknown type \(call.text(0))")
        }
        let library = try call.cryptography(costs: kind == .rsa(4096) ? 3 : 50)
        return .string(
            try call.answer { () throws(TemplateCryptographyError) in
                try library.privateKey(kind, randomBytes: call.state.environment.randomBytes)
            })
    }

    private mutating func addEncryption() {
        add("encryptAES", [.string, .string]) { call throws(FunctionFailure) in
            if call.string(1).isEmpty { return .string("") }
            let library = try call.cryptography(costs: 10_000)
            let text = call.string(1), padding = 16 - text.count % 16
            let vector = call.state.environment.randomBytes(16)
            let sealed = try call.answer { () throws(TemplateCryptographyError) in
                try library.encrypt(
                    text + [UInt8](repeating: UInt8(padding), count: padding), key: Self.key(call.string(0)), vector: vector)
            }
            return .string(RadixText.base64.encode(vector + sealed))
        }
        add("decryptAES", [.string, .string]) { call throws(FunctionFailure) in
            if call.string(1).isEmpty { return .string("") }
            let library = try call.cryptography(costs: 10_000), sealed: GoString
            switch RadixText.base64.decode(call.string(1)) {
            case .success(let bytes): sealed = bytes
            case .failure(let error): throw FunctionFailure("illegal base64 data at input byte \(error.position)")
            }
            guard sealed.count > 16, sealed.count % 16 == 0 else {
                throw FunctionFailure("the text is not of whole blocks of 16 bytes, so encryptAES did not make it")
            }
            let text = try call.answer { () throws(TemplateCryptographyError) in
                try library.decrypt(
                    Array(sealed.dropFirst(16)), key: Self.key(call.string(0)), vector: Array(sealed.prefix(16)))
            }
            guard let padding = text.last, padding <= text.count else {
                throw FunctionFailure("the password is not the one that the text was encrypted with")
            }
            return .string(Array(text.dropLast(Int(padding))))
        }
    }

    /// 32 bytes: what is too long is cut, what is short gets zeros.
    private static func key(_ password: GoString) -> [UInt8] {
        Array(password.prefix(32)) + [UInt8](repeating: 0, count: max(0, 32 - password.count))
    }

    private mutating func addCertificates() {
        add("buildCustomCert", [.string, .string]) { call throws(FunctionFailure) in
            func decoded(_ index: Int, _ what: String) throws(FunctionFailure) -> GoString {
                guard case .success(let bytes) = RadixText.base64.decode(call.string(index)) else {
                    throw FunctionFailure("unable to decode base64 \(what)")
                }
                return bytes
            }
            let certificate = try decoded(0, "certificate"), key = try decoded(1, "private key")
            let library = try call.cryptography(costs: 1000)
            try call.answer { () throws(TemplateCryptographyError) in try library.check(certificate: certificate, key: key) }
            return .object(TemplateCertificate(certificate: GoText.text(certificate), key: GoText.text(key)))
        }
        let signer = ParameterType.object(TemplateCertificate.typeName)
        let names: [ParameterType] = [.string, .list, .list, .int]
        add("genCA", [.string, .int]) { call throws(FunctionFailure) in try call.certificate(isAuthority: true) }
        add("genCAWithKey", [.string, .int, .string]) { call throws(FunctionFailure) in
            try call.certificate(isAuthority: true, key: 2)
        }
        add("genSelfSignedCert", names) { call throws(FunctionFailure) in try call.certificate() }
        add("genSelfSignedCertWithKey", names + [.string]) { call throws(FunctionFailure) in try call.certificate(key: 4) }
        add("genSignedCert", names + [signer]) { call throws(FunctionFailure) in try call.certificate(signer: 4) }
        add("genSignedCertWithKey", names + [signer, .string]) { call throws(FunctionFailure) in
            try call.certificate(key: 5, signer: 4)
        }
    }
}

extension FunctionCall {
    /// The library, and a part of the rendering's steps for its work.
    /// - Parameter costs: so many such calls take all steps.
    fileprivate func cryptography(costs: Int) throws(FunctionFailure) -> any TemplateCryptography {
        guard let library = state.environment.libraries.cryptography else {
            throw FunctionFailure("keys, certificates and password hashes are not made here: no cryptographic library was given")
        }
        try state.spend(state.environment.limits.steps / costs)
        return library
    }

    fileprivate func answer<Result>(
        _ body: () throws(TemplateCryptographyError) -> Result
    ) throws(FunctionFailure) -> Result {
        do throws(TemplateCryptographyError) {
            return try body()
        } catch {
            throw FunctionFailure(error.message)
        }
    }

    /// A certificate out of the arguments: name, then for all but authorities addresses and names, then days.
    /// - Parameters:
    ///   - key: which argument is the private key; nil: a new one.
    ///   - signer: which argument is the certificate that signs; nil: it signs itself.
    fileprivate func certificate(
        isAuthority: Bool = false, key: Int? = nil, signer: Int? = nil
    ) throws(FunctionFailure) -> TemplateValue {
        let start = state.environment.generatedAt.map { GoTime($0).seconds } ?? state.now.seconds
        let days = Int64(int(isAuthority ? 1 : 3))
        guard abs(days) <= 1_000_000 else { throw FunctionFailure("a certificate is valid for at most 1000000 days") }
        var request = TemplateCertificateRequest(
            commonName: text(0), notBefore: start, notAfter: start + days * 86_400, isAuthority: isAuthority)
        if !isAuthority {
            request.addresses = try texts(1, "error parsing ip: ")
            request.names = try texts(2, "error processing alternate dns name: ")
        }
        request.key = key.map { text($0) }
        if let signer, case .object(let object) = self[signer], let given = object as? TemplateCertificate {
            request.signer = .init(certificate: given.certificate, key: given.key)
        }
        let library = try cryptography(costs: request.key == nil ? 10 : 100), complete = request
        let made = try answer { () throws(TemplateCryptographyError) in
            try library.certificate(complete, randomBytes: state.environment.randomBytes)
        }
        return .object(TemplateCertificate(certificate: made.certificate, key: made.key))
    }

    private func texts(_ index: Int, _ context: String) throws(FunctionFailure) -> [String] {
        var texts: [String] = []
        for element in list(index) {
            guard case .string(let text) = element else {
                throw FunctionFailure("\(context)\(GoText.text(GoPrinter.text(element))) is not a string")
            }
            texts.append(GoText.text(text))
        }
        return texts
    }
}
