// Package aws holds facts of AWS as data: the form of ARNs, partitions and Regions, service principals, the services that
// support resource control policies, Lambda's reason codes, the messages with which calls are refused, identity providers and the
// accounts that publish layers. Each table carries its sources and the day on which they were read, for AWS adds to all of
// them. The package imports nothing of this module, so that every other package may import it.
package aws

// Source is where facts come from: a page of AWS, or of whoever else defines them.
type Source struct {
	URL string
	// Read is the day on which the page was last compared with the table, as 2006-01-02.
	Read string
}

// table is a list of facts with its sources.
type table[R any] struct {
	sources []Source
	rows    R
}
