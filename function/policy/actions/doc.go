// Package actions is the catalogue of AWS actions: services, actions with their access levels, the resource types that
// they take with the patterns of their ARNs, and condition keys with their types. It owns the facts and looks them up;
// what they mean for a policy is package policy's business.
//
// The facts are those of AWS's Service Authorization Reference, taken from the npm package that Source names and
// embedded as one compressed file; go generate makes it anew. They are read when first asked for, and never change.
// An action or a key that is not here may still exist: AWS adds some every week.
package actions
