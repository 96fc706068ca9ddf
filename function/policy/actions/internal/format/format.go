// Package format is the form in which the catalogue of AWS actions is embedded: the strings of the catalogue as lines,
// its numbers as columns of varints, each distinct list written once, all of it compressed with zlib. It owns the
// format and checks what it reads; where the facts come from is the generator's business.
package format

// Catalogue is all that is known of AWS's actions, resource types and condition keys.
type Catalogue struct {
	// Source names the package and the version that the facts were taken from.
	Source string
	// Keys are in ascending order of their lower-cased names, each once.
	Keys []Key
	// Services are in ascending order of their prefixes, each once.
	Services []Service
}

// Levels are the access levels as AWS's Service Authorization Reference names them; an Action's Level is an index.
var Levels = [...]string{"", "Read", "List", "Write", "Tagging", "Permissions management"}

// KeyTypes are the types of condition keys as the same reference names them, lists apart; a Key's Type is an index.
var KeyTypes = [...]string{"", "String", "ARN", "Bool", "Numeric", "Date", "IPAddress", "Binary"}

// Key is a condition key. Multi says that a request may carry a list of values for it.
type Key struct {
	Name  string
	Type  uint8
	Multi bool
}

// Service has its resource types and its actions in ascending order of their names, each once.
type Service struct {
	Prefix, Title string
	Types         []ResourceType
	Actions       []Action
}

// ResourceType is a resource type with the patterns of its ARNs and the names of its condition keys.
type ResourceType struct {
	Name string
	ARNs []string
	Keys []string
}

// Action is an action. Actions that take the same resources share one list after Decode, as do all equal lists of keys:
// they must not be written to.
type Action struct {
	Name      string
	Level     uint8
	Keys      []string
	Resources []Reference
}

// Reference is a resource type that an action takes: an index into its service's Types, and the keys that the action
// has on that type only.
type Reference struct {
	Type     int
	Required bool
	Keys     []string
}

// magic opens the decompressed data and names the format's version.
const magic = "rolewatch actions 1\n"

// The columns, in the order in which they stand in the data. Like numbers stand together because they compress better
// so.
const (
	columnKinds       = iota // a type and a multi bit for each key
	columnKeyLists           // for each distinct list of keys: its length, then its keys
	columnCounts             // types and actions of each service
	columnTypeKeys           // the list of keys of each resource type
	columnLevels             // the level of each action
	columnActionKeys         // the list of keys of each action
	columnActionLists        // the list of references of each action, numbered within the service
	columnListLengths        // the length of each distinct list of references
	columnReferences         // a type and a required bit for each reference
	columnReferenceKeys
	columns
)
