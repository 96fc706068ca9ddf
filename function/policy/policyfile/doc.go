// Package policyfile reads what people have at hand of a policy: the document itself, or the output of the AWS CLI around
// one, with the document as an object, as JSON text in a string, or percent-encoded. Anything else, such as a template, a
// Terraform plan or a list of policies, is refused with an error that says what it is and where: a comparison or an
// evaluation that takes it for a policy that allows nothing would be wrong without a word.
//
// Two kinds of fault are told apart. A text that is not a policy, or not of the kind that is asked for, is a
// *NotAPolicyError. A policy that breaks the grammar is in force all the same: it comes as a document with its
// Violations, and the caller decides.
package policyfile
