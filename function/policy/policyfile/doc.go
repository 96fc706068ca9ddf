// Package policyfile reads policies in the forms that people have them in: the document itself, or the output of an AWS
// CLI command around one, with the document as an object, as JSON text in a string, or percent-encoded. Anything else,
// such as a template, a Terraform plan or a list of policies, is refused with an error that says what it is and where: a
// comparison or an evaluation that takes it for a policy that allows nothing is silently wrong.
//
// The package distinguishes two kinds of fault. A text that is not a policy, or not of the kind that is asked for, is a
// *NotAPolicyError. A policy that breaks the grammar may be in force: it is returned as a document with its Violations,
// and the caller decides.
package policyfile
