/// The machine's randomness, which drivers get as an input.
enum SystemRandom {
    /// From the system's generator, fit for keys.
    @Sendable static func bytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
}
