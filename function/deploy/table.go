package deploy

// The attributes of the table that are keys.
const (
	PartitionKey = "pk"
	SortKey      = "sk"
)

// RoleIndex is the global secondary index of the table. Its partition key is the attribute RoleIndexKey: the key of the
// role that a function version uses, or a word for a list. Its sort key is PartitionKey.
const (
	RoleIndex    = "role"
	RoleIndexKey = "role"
)

// Projection is the attributes that an index holds, in the terms of DynamoDB.
type Projection string

// The projections.
const (
	KeysOnly Projection = "KEYS_ONLY"
	All      Projection = "ALL"
)

// RoleIndexReads is what the function reads from the index: what the keys lead to is read from the table, consistently.
// RoleIndexDeployed is what the index is deployed with. It holds more than is read, and stays, because DynamoDB cannot
// change the projection of an index.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.OnlineOps.html
const (
	RoleIndexReads    = KeysOnly
	RoleIndexDeployed = All
)
