package check

// Path is what a path through the account is in substance, whatever statement it begins with: an edit of that statement that leaves the path
// goes on with its finding.
type Path struct {
	// First identifies the first step, by its kind and by whom it leads to, and End identifies where the path ends.
	First, End string
	// Begins reports whether the statements that the path begins with allow a first step, which need not be the one that it takes.
	Begins func(first string) bool
}
