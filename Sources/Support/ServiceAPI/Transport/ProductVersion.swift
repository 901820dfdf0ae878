/// The version of Martlet that this program belongs to.
package enum ProductVersion {
    package static let text = "0.1.0"
}
