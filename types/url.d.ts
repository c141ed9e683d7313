// zod's types name URL; the pure rooms may know the type but must not have the value.
interface URL {}
